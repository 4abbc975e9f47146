"""The pages: rendered here on the server, one file per page, from the queries that the API answers with."""
