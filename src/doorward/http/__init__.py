"""What the HTTP surfaces share: everything between the server's socket and a route.

stack: the layers in their order. entrance: the outermost one, where a request is named, counted, logged and, whatever
happens, answered. call: what travels with a request. request_id, client_address: who and where from. headers, cors,
csrf, hosts: what browsers are told and what is believed of them. size_and_time: how much and how long. strict_json,
validation, body: reading a request's document. problems: writing a failure. conditional: ETags. access_log: the line.
protocol, server, supervisor, draining, listening: the server process.
"""
