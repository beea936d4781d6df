"""A small server on this machine, for tests that download."""

import contextlib
import functools
import http.server
import threading


@contextlib.contextmanager
def serving(handler):
    """The address of a server that answers by `handler`, without a slash at its end."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def folder_handler(folder, asked):
    """Serves a folder, and notes the path of every request in `asked`."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_):
            pass

    return functools.partial(Handler, directory=str(folder))
