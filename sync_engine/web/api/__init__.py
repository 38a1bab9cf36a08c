"""The API for programs, `/api/v1`: the views of the pages, as JSON.

Add a resource:

1. `NAME.py` has `register(resources)` and one function a route under `@resources.get(path,
   Needs(…), answer=Model)` or `@resources.post(…)`. Paths begin at `/api/v1`. The function takes
   `ask: Asked` as pages do, reads within `ask.reading()` by the same views, limited by the same
   `Visible`, and gives a `Model` back. Add the module to `RESOURCES` of `register.py`.
2. `Needs` says who may come in. A token's scope comes on top: `read` changes nothing, `write` does
   what its owner may, except what only admins may; `admin` all of that too. Who is signed in to the
   console may ask as well; what changes something then needs the page's proof against forgery.
3. Models are declared by pydantic, each field with its meaning: `/api/v1/openapi.json` is made of
   them. A request's model is a `Body`: it refuses fields that it does not know. Never answer a row
   of the store as it is.
4. Lists answer a `Page`; they take `where` (the language of standards) where their view does,
   `Limit` (at most `MOST`) and `After`, the mark that the page before gave as `next` (`marks`);
   they are ordered by a key, and never by an offset. What is not known is None, never 0.
5. What is refused is a `Refusal`, answered as a `Problem` whatever went wrong; `understood()` turns
   errors of the language, of marks and of commands into one. Rows of others do not exist:
   `missing()`.
6. What is changed goes through commands, with `ask.actor`, and answers the thing as it is then.
7. `tests/console/`: an own and a foreign row in `test_routes.py`, a case of its own in
   `test_api_reading.py`; schemathesis reads the description in `test_api.py` and tries the rest by
   itself. `docs/howto/read-from-programs.md` names every address.
"""
