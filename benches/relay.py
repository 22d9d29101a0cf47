#!/usr/bin/env python3
"""A relay without TLS, frames or an API server: what the kernel alone takes for the bytes that a port-forward moves.

    benches/relay.py ADDRESS PORT...

Prints a line for each port, as kubectl port-forward does. benches/port_forward.py --address starts it.
"""
import selectors, socket, sys, threading

PIECE = 64 * 1024


def move(source, target):
    space = bytearray(PIECE)
    try:
        while read := source.recv_into(space):
            target.sendall(memoryview(space)[:read])
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    address, ports = sys.argv[1], sys.argv[2:]
    waiting = selectors.DefaultSelector()
    for port in ports:
        listener = socket.create_server(("127.0.0.1", 0))
        waiting.register(listener, selectors.EVENT_READ, int(port))
        print(f"Forwarding from 127.0.0.1:{listener.getsockname()[1]} -> {port}", flush=True)
    while True:
        for key, _ in waiting.select():
            client, server = key.fileobj.accept()[0], socket.create_connection((address, key.data))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=move, args=pair, daemon=True).start()


main()
