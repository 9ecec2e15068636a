"""Small servers that only show limits: of the load tool, and of the database drivers. They run as processes of their own."""
