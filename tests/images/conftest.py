import http.server
import threading

import pytest


@pytest.fixture
def http_photo():
    """The address of a photo on a server of this process, and the paths that it was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path == "/1.jpg" else 404)
            self.end_headers()
            self.wfile.write(b"photo" if self.path == "/1.jpg" else b"")

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/1.jpg", asked
    server.shutdown()
    server.server_close()
