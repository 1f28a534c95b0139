"""What the bot that came before did for this route: Flask, the same bytes, no work."""
import os

from flask import Flask, Response

app = Flask(__name__)
with open(os.environ["BENCH_BODY"], "rb") as f:
    BODY = f.read()


@app.route("/api/balance")
def balance():
    return Response(BODY, content_type="application/json")
