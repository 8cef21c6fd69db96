"""Run by the modules gate inside copies of the source that lack applications; not collected by itself."""

from __future__ import annotations

from collections.abc import Callable

from app.tenancy import modules
from tests.support.browser import Browser
from tests.support.world import TenantWorld


def test_the_application_boots_and_serves_its_home(make_tenant: Callable[..., TenantWorld]) -> None:
    rive = make_tenant("rive")

    home = Browser(rive).get("/")

    assert home.status_code == 200
    assert f'href="{rive.path}/demarches/"' in home.text
    for manifest in modules.registry().values():
        assert f"{rive.path}/{manifest.segment}/" in home.text
