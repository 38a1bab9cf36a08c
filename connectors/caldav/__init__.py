"""CalDAV: task lists (VTODO) of any server of RFC 4791, as Nextcloud, Radicale or Fastmail are."""
