"""What the environment may say, and the sentence for each thing it may not."""

import os
import re
import runpy
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import config
from config.settings import PREFIX, Settings, SettingsError, describe, load

KEY = "k" * 16
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


def faults(**environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load({"PARVIS_SECRET_KEY": KEY, **environ})
    assert str(caught.value) == "\n".join(caught.value.faults)
    return caught.value.faults


def test_production_needs_a_secret_key_and_nothing_else() -> None:
    settings = load({"PARVIS_SECRET_KEY": KEY, "HOME": "/home/someone"})

    assert settings == Settings(
        mode="production",
        state_dir=Path("var"),
        storage_url="file:var/files",
        secret_key=KEY,
        base_domain="localhost",
        trusted_proxies=0,
        log_format="json",
    )
    assert (settings.database_url, settings.redis_url, settings.mail_url, settings.web_workers) == (None,) * 4


def test_a_complete_environment_is_read(tmp_path: Path) -> None:
    settings = load(
        {
            "PARVIS_MODE": "production",
            "PARVIS_DATABASE_URL": "postgres://parvis_app:pw@db.example:5433/parvis?sslmode=require",
            "PARVIS_OWNER_DATABASE_URL": "postgresql+psycopg://parvis_owner@/parvis?host=/run/postgresql",
            "PARVIS_OPERATOR_DATABASE_URL": "postgresql://parvis_operator@db.example/parvis",
            "PARVIS_REDIS_URL": "unix:///run/redis.sock?db=2",
            "PARVIS_STORAGE_URL": "file:/srv/parvis/files",
            "PARVIS_MAIL_URL": "smtps://robot:pw@mail.example:465",
            "PARVIS_INBOUND_MAIL_URL": "imaps://robot:pw@mail.example/INBOX",
            "PARVIS_SECRET_KEY": KEY,
            "PARVIS_SECRETS_DIR": str(tmp_path),
            "PARVIS_BASE_DOMAIN": "participer.example",
            "PARVIS_TRUSTED_PROXIES": "1",
            "PARVIS_WEB_WORKERS": "4",
            "PARVIS_LOG_FORMAT": "console",
            "PARVIS_METRICS_TOKEN": "scrape",
            "PARVIS_STATE_DIR": "/var/lib/parvis",
        }
    )

    assert settings == Settings(
        mode="production",
        state_dir=Path("/var/lib/parvis"),
        database_url="postgresql+psycopg://parvis_app:pw@db.example:5433/parvis?sslmode=require",
        owner_database_url="postgresql+psycopg://parvis_owner@/parvis?host=/run/postgresql",
        operator_database_url="postgresql+psycopg://parvis_operator@db.example/parvis",
        redis_url="unix:///run/redis.sock?db=2",
        storage_url="file:/srv/parvis/files",
        mail_url="smtps://robot:pw@mail.example:465",
        inbound_mail_url="imaps://robot:pw@mail.example/INBOX",
        secret_key=KEY,
        secrets_dir=tmp_path,
        base_domain="participer.example",
        trusted_proxies=1,
        web_workers=4,
        log_format="console",
        metrics_token="scrape",
    )


def test_an_empty_variable_counts_as_absent() -> None:
    assert load({"PARVIS_SECRET_KEY": KEY, "PARVIS_MAIL_URL": " ", "PARVIS_TRUSTED_PROXIES": ""}) == load(
        {"PARVIS_SECRET_KEY": KEY}
    )


def test_every_fault_is_told_at_once_with_the_likely_name(tmp_path: Path) -> None:
    assert faults(
        PARVIS_BASE_DOMIAN="participer.example",
        PARVIS_COLOUR="blue",
        PARVIS_MODE="prod",
        PARVIS_SECRETS_DIR=str(tmp_path / "none"),
        PARVIS_WEB_WORKERS="0",
    ) == [
        "PARVIS_BASE_DOMIAN is not a setting of Parvis, did you mean PARVIS_BASE_DOMAIN?",
        "PARVIS_COLOUR is not a setting of Parvis",
        'PARVIS_MODE is "prod", expected demo, production or test',
        f'PARVIS_SECRETS_DIR is "{tmp_path / "none"}", expected a directory that exists',
        'PARVIS_WEB_WORKERS is "0", expected a whole number from 1 to 9999',
    ]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LOG_FORMAT", "jason", '"jason", expected console or json, did you mean json?'),
        ("TRUSTED_PROXIES", "-1", '"-1", expected a whole number from 0 to 9999'),
        ("TRUSTED_PROXIES", "one", '"one", expected a whole number from 0 to 9999'),
        ("REDIS_URL", "localhost", "no address, expected an address such as redis://host:6379/0"),
        ("REDIS_URL", "http://host", "http:…, expected an address such as redis://host:6379/0"),
        ("STORAGE_URL", "s3://bucket", "s3:…, expected an address such as file:/srv/parvis/files"),
        ("MAIL_URL", "smtp:///nowhere", "smtp:…, expected an address such as smtp://user:password@host:587"),
        ("MAIL_URL", "smtp://h:many", "smtp:…, expected an address such as smtp://user:password@host:587"),
        (
            "INBOUND_MAIL_URL",
            "pop://h",
            "pop:…, expected an address such as imaps://user:password@host/INBOX",
        ),
        ("BASE_DOMAIN", "https://x.example", None),
        ("BASE_DOMAIN", "x.example:8000", None),
        ("BASE_DOMAIN", "-x.example", None),
    ],
)
def test_a_bad_value_is_shown_with_what_was_expected(name: str, value: str, sentence: str | None) -> None:
    sentence = sentence or (
        f'"{value}", expected a host name without scheme, port or path, such as participer.example'
    )

    assert faults(**{f"PARVIS_{name}": value}) == [f"PARVIS_{name} is {sentence}"]


@pytest.mark.parametrize(
    "value", ["mysql://robot:hunter2@host/x", "postgresql://robot:hunter2@host", "hunter2"]
)
def test_a_refused_address_never_shows_its_password(value: str) -> None:
    [sentence] = faults(PARVIS_DATABASE_URL=value)

    assert re.match(
        r"PARVIS_DATABASE_URL is .*, expected an address such as postgresql://user:password@host/name",
        sentence,
    )
    assert "hunter2" not in sentence


def test_settings_never_show_their_secrets() -> None:
    settings = load(
        {
            "PARVIS_SECRET_KEY": "hunter2-hunter2-hunter2",
            "PARVIS_METRICS_TOKEN": "hunter2",
            "PARVIS_DATABASE_URL": "postgresql://parvis_app:hunter2@host/parvis",
            "PARVIS_REDIS_URL": "redis://:hunter2@host/0",
            "PARVIS_MAIL_URL": "smtp://robot:hunter2@host",
            "PARVIS_INBOUND_MAIL_URL": "imap://robot:hunter2@host",
        }
    )

    assert "hunter2" not in repr(settings)


def test_production_refuses_a_missing_or_short_secret_key() -> None:
    expected = "expected at least 16 random characters (python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
    with pytest.raises(SettingsError) as missing:
        load({"PARVIS_MODE": "production"})

    assert missing.value.faults == [f"PARVIS_SECRET_KEY is missing, {expected}"]
    assert faults(PARVIS_SECRET_KEY="k" * 15) == [f"PARVIS_SECRET_KEY is 15 characters long, {expected}"]


def test_the_demonstration_draws_its_secret_key_once(state_dir: Path) -> None:
    environ = {"PARVIS_MODE": "demo", "PARVIS_STATE_DIR": str(state_dir)}
    with ThreadPoolExecutor(4) as pool:
        keys = {settings.secret_key for settings in pool.map(load, [environ] * 8)}

    assert len(keys) == 1
    assert len(keys.pop()) == 64
    assert [path.name for path in state_dir.iterdir()] == ["secret-key"]
    assert stat.S_IMODE((state_dir / "secret-key").stat().st_mode) == 0o600


def test_another_state_directory_moves_the_files_and_the_log_stays_readable(state_dir: Path) -> None:
    settings = load({"PARVIS_MODE": "demo", "PARVIS_STATE_DIR": str(state_dir)})

    assert settings.storage_url == f"file:{state_dir}/files"
    assert settings.log_format == "console"


def test_every_setting_has_its_sentence() -> None:
    described = {name: sentence for name, _, sentence in describe()}

    assert len(described) == 17
    assert all(name.startswith(PREFIX) for name in described)
    assert all(re.fullmatch(r".{15,}\.", sentence) for sentence in described.values())


@pytest.mark.parametrize(("given", "expected"), [({"PARVIS_WEB_WORKERS": "3"}, 3), ({}, 2 * CORES)])
def test_the_web_server_takes_its_processes_from_the_settings(
    given: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PARVIS_SECRET_KEY": KEY, **given}.items():
        monkeypatch.setenv(name, value)

    server = runpy.run_path(str(Path(config.__file__).with_name("gunicorn.py")))

    assert (server["workers"], server["threads"], server["worker_class"]) == (expected, 4, "gthread")
    assert server["accesslog"] is None
    assert server["preload_app"] is False
