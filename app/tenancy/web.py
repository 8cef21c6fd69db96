"""Which tenant a request is for: its host, or the `/t/<slug>` prefix of the base host. Before Flask sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Request, current_app, g
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.db.context import tenant_scope
from app.tenancy.registry import TenantConfig, TenantRegistry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Served without a tenant, on any host.
PLATFORM_PATHS = ("/healthz", "/readyz", "/metrics")

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def host_of(environ: WSGIEnvironment) -> str:
    """Lower-case host of the request, without port."""
    host = str(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")).lower()
    if host.startswith("["):
        return "".join(host.partition("]")[:2])
    return host.partition(":")[0].rstrip(".")


class TenantMiddleware:
    """Puts a TenantConfig (or None) in `environ["parvis.tenant"]` and runs the request in its scope.

    `environ["parvis.place"]` says where we are: tenant, base (the deployment's own host), unknown, or away when the
    database cannot say.
    """

    def __init__(
        self, wsgi_app: WSGIApplication, registry: TenantRegistry, *, base_domain: str, prefixes: bool
    ) -> None:
        """base_domain: the deployment's own host. prefixes: whether `/t/<slug>/` serves, or redirects."""
        self._next = wsgi_app
        self._registry = registry
        self._base = base_domain.lower()
        self._prefixes = prefixes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path in PLATFORM_PATHS:
            environ["parvis.tenant"], environ["parvis.place"] = None, "base"
            return self._next(environ, start_response)
        host = host_of(environ)
        try:
            config, answer = self._find(host, path, environ)
        except SQLAlchemyError:
            config, answer = None, None
            environ["parvis.place"] = "away"
        if answer is not None:
            return answer(environ, start_response)
        environ["parvis.tenant"] = config
        if config is None:
            return self._next(environ, start_response)
        environ["parvis.place"] = "tenant"
        with tenant_scope(config.id):
            return self._next(environ, start_response)

    def _find(
        self, host: str, path: str, environ: WSGIEnvironment
    ) -> tuple[TenantConfig | None, Response | None]:
        suffix = f".{self._base}"
        # Before the hosts of documents: none of them takes the address that another tenant has by its name.
        config = self._registry.by_slug(host.removesuffix(suffix)) if host.endswith(suffix) else None
        config = config or self._registry.by_host(host)
        if config is not None:
            return config, None
        if host != self._base and not (self._prefixes and host in LOOPBACK):
            environ["parvis.place"] = "unknown"
            return None, None
        environ["parvis.place"] = "base"
        if not path.startswith("/t/"):
            return None, None
        slug, slash, rest = path.removeprefix("/t/").partition("/")
        config = self._registry.by_slug(slug)
        if config is None:
            environ["parvis.place"] = "unknown"
            return None, None
        if not self._prefixes:
            return None, self._to_own_host(config, rest, environ)
        if not slash:
            return None, _moved(f"{environ.get('SCRIPT_NAME', '')}/t/{slug}/", environ)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/t/{slug}"
        environ["PATH_INFO"] = f"/{rest}"
        return config, None

    def _to_own_host(self, config: TenantConfig, rest: str, environ: WSGIEnvironment) -> Response:
        host = config.hosts[0] if config.hosts else f"{config.slug}.{self._base}"
        scheme = environ.get("wsgi.url_scheme", "https")
        # WSGI gives the path decoded: written back as it came, so that nothing in it can start a header.
        return _moved(f"{scheme}://{host}/{quote(rest.encode('latin-1'))}", environ)


def _moved(location: str, environ: WSGIEnvironment) -> Response:
    """308 keeps the method and what was posted; the question asked goes along."""
    query = quote(str(environ.get("QUERY_STRING", "")).encode("latin-1"), safe="!$&'()*+,;=:/?@%[]")
    answer = redirect(f"{location}?{query}" if query else location, 308)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def tenant_of(request: Request) -> TenantConfig | None:
    found: TenantConfig | None = request.environ.get("parvis.tenant")
    return found


def tenant() -> TenantConfig:
    """The tenant of the request being served."""
    config: TenantConfig = g.tenant
    return config


def base_path() -> str:
    """Prefix of every address of this tenant on this host: '' or '/t/<slug>'."""
    prefix: Any = g.base_path
    return str(prefix)


def tenant_origin(config: TenantConfig) -> str:
    """Start of every address of this tenant, without a final slash.

    In production its first host, else `<slug>.<base domain>`; elsewhere the prefix of the base host, which needs no
    name resolution.
    """
    settings = current_app.config["PARVIS_SETTINGS"]
    if settings.mode == "production":
        host = config.hosts[0] if config.hosts else f"{config.slug}.{settings.base_domain}"
        return f"https://{host}"
    return f"http://{settings.base_domain}:{settings.port}/t/{config.slug}"


def external_url(path: str) -> str:
    """Complete address, for mails, of a path of the tenant in scope (`/idees/…`, without prefix)."""
    return tenant_origin(g.tenant) + path
