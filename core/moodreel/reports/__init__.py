"""Reports of results: tables, charts, HTML pages and files for other tools."""
