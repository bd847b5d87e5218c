"""The arrows of the design: who may import whom, and what may never be loaded where."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("coach", "robot_bridge", "policy", "memory", "prompts")
PROTOCOL = "robot_bridge.protocol"
MAY_IMPORT = {
    "robot_bridge.protocol": (),
    "prompts": (PROTOCOL + ".errors",),
    "robot_bridge": (PROTOCOL,),
    "memory": (PROTOCOL,),
    "policy": (PROTOCOL, "prompts"),
    "coach": ("robot_bridge", "policy", "memory", "prompts"),
}
NEVER = {
    "robot_bridge.protocol": ("torch", "textual", "mujoco"),
    "prompts": ("torch", "textual"),
    "robot_bridge": ("torch", "textual", "transformers"),
    "memory": ("torch", "textual"),
    "policy": ("textual",),
    "coach": (),
}
MEASURES_PICKLE = "coach.bench.wire_lerobot"  # between two processes of its own: what it is compared with does so
UNSAFE = ("pickle", "cPickle", "dill", "shelve", "marshal", "cloudpickle", "joblib")


def part_of(module: str) -> str:
    return PROTOCOL if module == PROTOCOL or module.startswith(PROTOCOL + ".") else module.split(".")[0]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def sources() -> dict[str, Path]:
    return {module_of(path): path for package in OURS for path in sorted((ROOT / package).rglob("*.py"))}


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Every module that a file imports, and whether only a type checker follows it."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing_only.update(inner for statement in node.body for inner in ast.walk(statement))
    found: list[tuple[str, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the arrows"
            base = node.module or ""
            found += [(f"{base}.{alias.name}", node in typing_only) for alias in node.names]
    return tuple(found)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sources_are_found_when_looked_for():
    assert len(sources()) > 40
    assert {part_of(module) for module in sources()} == set(MAY_IMPORT)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_only_allowed_parts_are_imported(part):
    wrong = []
    for module, path in sources().items():
        if part_of(module) != part:
            continue
        for name, _ in imports(path):
            inside = part_of(name) == part
            if name.split(".")[0] in OURS and not inside and not any(within(name, ok) for ok in MAY_IMPORT[part]):
                wrong.append(f"{module} imports {name}")
    assert not wrong


@pytest.mark.parametrize("part", NEVER)
def test_heavy_packages_stay_out_of_light_parts(part):
    wrong = [
        f"{module} imports {name}"
        for module, path in sources().items()
        if part_of(module) == part
        for name, _ in imports(path)
        if name.split(".")[0] in NEVER[part]
    ]
    assert not wrong


def test_nothing_is_pickled_anywhere():
    wrong = [
        f"{m} imports {name}"
        for m, p in sources().items()
        if m != MEASURES_PICKLE
        for name, _ in imports(p)
        if name.split(".")[0] in UNSAFE
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("coach.__main__", ("torch", "textual", "mujoco", "zmq", "numpy", "yaml")),
        ("coach.app", ("torch", "transformers", "mujoco", "whisper")),
        ("coach.app.app", ("torch", "transformers", "mujoco", "whisper")),
        ("coach.session.session", ("torch", "transformers", "textual", "mujoco")),
        ("coach.processes.supervisor", ("torch", "transformers", "textual", "mujoco")),
        ("coach.interpreter", ("torch", "numpy", "yaml", "zmq", "textual")),
        ("coach.commands.doctor", ("torch", "mujoco", "sounddevice", "textual")),
        ("coach.commands.interpret", ("torch", "zmq", "numpy", "textual")),
        ("memory.store", ("torch", "textual", "zmq", "mujoco")),
        ("robot_bridge.server", ("torch", "textual", "transformers")),
        ("robot_bridge.arms", ("torch", "mujoco")),
        ("prompts", ("torch", "textual", "numpy")),
        ("policy.server", ("textual",)),
    ],
)
def test_heavy_packages_stay_unloaded_when_a_module_is_imported(module, absent):
    loaded = run_python(f"import sys, {module}; print(*sys.modules)").split()
    assert module in loaded
    assert not set(absent) & set(loaded)


def test_importing_does_nothing_when_the_home_is_elsewhere(tmp_path):
    home = str(tmp_path / "home")
    modules = "coach.app.app, memory.store, coach.session.session, coach.commands.doctor"
    code = f"import os; os.environ['ROBOT_COACH_HOME'] = {home!r}\nimport {modules}"
    assert run_python(code) == ""
    assert not (tmp_path / "home").exists()


def test_top_level_holds_only_our_packages():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout: what belongs here cannot be told from what lies here")
    folders = {line.split("/")[0] for line in tracked.stdout.splitlines() if "/" in line}
    assert {folder for folder in folders if not folder.startswith(".")} == {*OURS, "tests"}


def test_package_init_files_hold_only_names():
    """At most imports, `__all__`, and one-line functions: importing a package does nothing."""
    for module, path in sources().items():
        if path.name != "__init__.py":
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            allowed = (
                ast.Import,
                ast.ImportFrom,
                ast.Expr,
                ast.Assign,
                ast.AnnAssign,
                ast.FunctionDef,
                ast.ClassDef,
                ast.If,
            )
            assert isinstance(node, allowed), f"{module}, line {node.lineno}"
            assert not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)), f"{module} calls on import"


def test_no_file_grows_past_500_lines():
    long = {str(path): n for path in sources().values() if (n := len(path.read_text("utf-8").splitlines())) > 500}
    assert not long


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "misc.py"])
def test_no_file_is_named_after_nothing(name):
    assert not [path for path in sources().values() if path.name == name]
