"""What every answer says to the browser: nothing from elsewhere, nothing kept, nothing framed."""

from flask import Flask, Response, request

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def start_headers(app: Flask) -> None:
    """Set them on every answer."""

    @app.after_request
    def _set(response: Response) -> Response:
        response.headers.update(said(app))
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def said(app: Flask) -> dict[str, str]:
    """What is said on every answer, a static file too."""
    if not app.config["SESSION_COOKIE_SECURE"]:
        return HEADERS
    return HEADERS | {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
