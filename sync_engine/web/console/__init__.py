"""The console: pages made on the server, that work without a script, for whoever is signed in.

Add a page:

1. What it shows is read by a pure view in `sync_engine/views/`: frozen values from SQL, every
   statement limited by a condition of `Visible`, none of them a scan of tasks.
2. `pages/NAME.py` has `register(pages)`: `pages.menu(…)` for an entry of the navigation, and one
   function a route under `@pages.get(path, Needs(…))` or `@pages.post(…)`. It takes `ask: Asked`
   (and FastAPI's path parameters), reads within `ask.reading()`, and answers `ask.page(…)`,
   `ask.go(…)`, or raises `Refusal`/`missing()`. Add the module to `pages/__init__.py`.
3. `Needs` says who may come in and how rows are limited; without it the application is not built.
   Rows of others do not exist: raise `missing()`, which is a 404.
4. What is changed goes through `sync_engine/commands.py` and its like, never through SQL here, with
   `ask.actor`; `ask.form` has been checked against forgery. Answer with `ask.go(path, said="…")`.
5. `templates/NAME.html.j2` extends `base.html.j2` and is made of the macros of `parts.html.j2`.
   No inline script or style: the policy of the browser refuses them. Instants by `t.time(…)`.
6. A region that changes in place has an id and is named by `data-update` on its form or link.
7. `tests/console/`: a page object in `pages.py`, and one line in `PAGES` of `test_every_page.py`,
   which then holds it to the common checks: axe, 320 px, no script, dark, keyboard. The rights of
   each route follow from `test_routes.py`: give it an address of a foreign row.
"""
