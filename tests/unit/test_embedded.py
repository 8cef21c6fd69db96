"""The embedded servers, really started: what survives a crash, who may attach, what is left behind."""

import json
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy.engine import make_url

from app import embedded
from app.embedded import Services, binaries, places, processes
from tests.support.state_dirs import alive, connect, family, reachable_directory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Servers shared by the tests that leave them running."""
    with reachable_directory() as directory:
        yield embedded.up(directory)


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    """Servers shared by the tests that kill, stop or break them: each starts them again."""
    with reachable_directory() as directory:
        yield directory


@pytest.fixture
def fresh_dir() -> Iterator[Path]:
    with reachable_directory() as directory:
        yield directory


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


# --- attaching, crashing, stopping ----------------------------------------------------------------------------


def test_a_second_start_attaches_whatever_the_shell_exports(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embedded.status(services.state_dir)
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATA", "/nonexistent")

    again = embedded.up(services.state_dir)

    assert again == services
    assert embedded.status(services.state_dir) == before
    with connect(again.database_url) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_two_processes_starting_at_once_share_one_server(fresh_dir: Path) -> None:
    command = [sys.executable, "-m", "app.embedded", "up", "--state-dir", str(fresh_dir)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: subprocess.check_output(command, cwd=ROOT), range(2)))

    assert json.loads(answers[0]) == json.loads(answers[1])
    with connect(json.loads(answers[0])["database_url"]) as app:
        postmasters = app.execute("SELECT pg_postmaster_start_time()").fetchone()
    with connect(json.loads(answers[1])["database_url"]) as app:
        assert app.execute("SELECT pg_postmaster_start_time()").fetchone() == postmasters
    log = (fresh_dir / "log" / "postgresql.log").read_text("utf-8")
    assert log.count("ready to accept connections") == 1


def test_a_kill_of_both_servers_loses_no_acknowledged_write(state_dir: Path) -> None:
    services = embedded.up(state_dir)
    with connect(services.owner_database_url) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS act (id int)")
        owner.execute("TRUNCATE act")
    queue = redis.Redis.from_url(services.redis_url)

    acknowledged = 0
    with connect(services.database_url) as app:
        for number in range(100):
            app.execute("INSERT INTO act VALUES (%s)", [number])
            queue.rpush("acts", number)
            acknowledged += 1
        running = embedded.status(state_dir)
        kill(running.postgresql)
        kill(running.redis)
    assert embedded.up(state_dir) == services

    with connect(services.database_url) as app:
        assert app.execute("SELECT count(*) FROM act").fetchone() == (acknowledged,)
    assert queue.llen("acts") == acknowledged


def test_a_kill_of_every_process_is_recovered_from(state_dir: Path) -> None:
    services = embedded.up(state_dir)
    with connect(services.owner_database_url) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS act (id int)")
        owner.execute("TRUNCATE act")
        owner.execute("INSERT INTO act VALUES (1)")
    for process in family(state_dir):
        process.kill()

    embedded.up(state_dir)

    with connect(services.database_url) as app:
        assert app.execute("SELECT id FROM act").fetchall() == [(1,)]


def test_the_pid_of_a_dead_server_given_to_somebody_else_does_not_matter(state_dir: Path) -> None:
    embedded.up(state_dir)
    found = places.find(state_dir)
    assert found is not None
    running = embedded.status(state_dir)
    kill(running.postgresql)
    kill(running.redis)
    stranger = processes.spawn(["/bin/sleep", "60"], account=found.account, log=found.log("stranger"))
    for pid_file in (
        found.data / "postmaster.pid",
        found.sockets / ".s.PGSQL.5432.lock",
        found.redis / "redis.pid",
    ):
        rest = pid_file.read_text("utf-8").split("\n", 1)[1]
        pid_file.write_text(f"{stranger}\n{rest}", "utf-8")

    embedded.up(state_dir)
    embedded.down(state_dir)

    assert processes.command_line(stranger) == "/bin/sleep 60"
    processes.stop(stranger, (signal.SIGTERM, 5))


def test_servers_whose_sockets_were_swept_away_are_replaced(state_dir: Path) -> None:
    services = embedded.up(state_dir)
    found = places.find(state_dir)
    assert found is not None
    before = family(state_dir)
    shutil.rmtree(found.sockets)
    assert embedded.status(state_dir) == embedded.Status(None, None)

    assert embedded.up(state_dir) == services

    assert alive(before) == []
    with connect(services.database_url) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_a_state_directory_removed_as_its_servers_ran_leaves_no_process(state_dir: Path) -> None:
    before = embedded.up(state_dir)
    processes_before = family(state_dir)
    shutil.rmtree(state_dir)

    after = embedded.up(state_dir)

    assert alive(processes_before) == []
    assert after.database_url != before.database_url
    old_sockets = Path(str(make_url(before.database_url).query["host"]))
    assert not old_sockets.exists()

    # What a predecessor left behind never leads to the servers of today.
    old_sockets.mkdir(mode=0o700)
    os.chown(old_sockets, *_owner(state_dir / "postgresql"))
    running = embedded.status(state_dir)
    assert embedded.up(state_dir) == after
    assert embedded.status(state_dir) == running
    assert not old_sockets.exists()


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid


def test_down_leaves_no_process_and_keeps_the_data(state_dir: Path) -> None:
    services = embedded.up(state_dir)
    with connect(services.owner_database_url) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS act (id int)")
        owner.execute("TRUNCATE act")
        before = family(state_dir)
        embedded.down(state_dir)  # somebody is still connected

    assert alive(before) == []
    assert embedded.status(state_dir) == embedded.Status(None, None)
    embedded.down(state_dir)
    embedded.up(state_dir)
    with connect(services.database_url) as app:
        assert app.execute("SELECT count(*) FROM act").fetchone() == (0,)


def test_control_c_reaches_the_program_not_the_servers(state_dir: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from app import embedded\n"
        "try: embedded.up(Path(sys.argv[1])); print('up', flush=True); time.sleep(60)\n"
        "except KeyboardInterrupt: print(embedded.status(Path(sys.argv[1])).postgresql is not None)\n"
        "finally: embedded.down(Path(sys.argv[1]))\n"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", program, str(state_dir)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    assert demo.stdout.readline() == "up\n"
    before = family(state_dir)

    os.killpg(demo.pid, signal.SIGINT)  # what a terminal does
    rest, _ = demo.communicate(timeout=20)

    assert rest == "True\n"
    assert alive(before) == []


def test_wipe_removes_what_the_servers_hold_and_nothing_else(fresh_dir: Path) -> None:
    embedded.up(fresh_dir)
    found = places.find(fresh_dir)
    assert found is not None
    (fresh_dir / "files").mkdir()

    embedded.wipe(fresh_dir)

    assert sorted(path.name for path in fresh_dir.iterdir()) == ["embedded.lock", "files"]
    assert not found.sockets.exists()


# --- which account, which directory ---------------------------------------------------------------------------


def test_root_hands_the_servers_to_an_unprivileged_account(services: Services) -> None:
    running = embedded.status(services.state_dir)

    owners = {psutil.Process(pid).uids().effective for pid in (running.postgresql, running.redis) if pid}

    expected = {pwd.getpwnam(name).pw_uid for name in ("postgres", "nobody") if _exists(name)}
    assert len(owners) == 1
    assert owners <= (expected if os.geteuid() == 0 else {os.geteuid()})


def _exists(account: str) -> bool:
    return any(entry.pw_name == account for entry in pwd.getpwall())


def test_a_directory_the_account_cannot_enter_and_programs_it_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone under root's private home: nothing of it is opened up, the servers live elsewhere."""
    tmp_path.chmod(0o700)
    state_dir = tmp_path / ("long" * 40) / "var"  # far beyond what a socket path may hold
    monkeypatch.setattr(binaries, "can_reach", lambda account, path: False)

    services = embedded.up(state_dir)
    try:
        found = places.find(state_dir)
        assert found is not None
        with connect(services.database_url) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
        command = psutil.Process(embedded.status(state_dir).postgresql).cmdline()
        assert Path(command[0]).is_relative_to(found.programs)
        assert found.home.is_relative_to(state_dir) == (os.geteuid() != 0)
        assert tmp_path.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.wipe(state_dir)
    assert not found.programs.exists()
    assert not found.data.exists()


def test_a_plain_user_runs_his_own_servers(fresh_dir: Path, services: Services) -> None:
    """After root has started some on the same machine (`services`)."""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    fresh_dir.mkdir(mode=0o700)
    os.chown(fresh_dir, uid, -1)
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[tuple[object, ...]] = context.SimpleQueue()
    child = context.Process(target=_as_plain_user, args=(uid, fresh_dir, answers))

    child.start()
    child.join(30)

    assert child.exitcode == 0
    assert answers.get() == ("parvis_app", {uid}, None)


def _as_plain_user(
    uid: int, state_dir: Path, answers: "multiprocessing.SimpleQueue[tuple[object, ...]]"
) -> None:
    # A fork, not another interpreter: the one that runs the tests may live where a plain user may not go.
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(pwd.getpwuid(uid).pw_gid)
        os.setuid(uid)
    services = embedded.up(state_dir)
    with connect(services.database_url) as app:
        user = app.execute("SELECT current_user").fetchone()
    running = embedded.status(state_dir)
    owners = {psutil.Process(pid).uids().effective for pid in (running.postgresql, running.redis) if pid}
    embedded.down(state_dir)
    answers.put((user[0] if user else None, owners, embedded.status(state_dir).postgresql))


# --- by hand --------------------------------------------------------------------------------------------------


def test_the_command_starts_tells_and_stops(state_dir: Path) -> None:
    def parvis_embedded(verb: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.embedded", verb, "--state-dir", str(state_dir)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    embedded.down(state_dir)
    assert parvis_embedded("status").returncode == 1
    assert json.loads(parvis_embedded("up").stdout)["redis_url"].startswith("unix:///")
    status = parvis_embedded("status")
    assert status.returncode == 0
    assert json.loads(status.stdout)["postgresql"] == embedded.status(state_dir).postgresql
    assert parvis_embedded("down").returncode == 0
    assert parvis_embedded("status").returncode == 1
