"""REST under `/v1`, its description, and the pages that show the description.

documentation: Swagger UI and ReDoc from the package itself. static: their files, with licenses (see static/README.md).
"""
