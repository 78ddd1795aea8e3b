"""A real Spark cluster of two workers decides as DuckDB does on the same records."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from closeloop.dedupe.engines import engine_at
from closeloop.dedupe.sweep import sweep
from closeloop.matching.bundle import default_bundle
from closeloop.words.errors import BadInput
from support.contacts import made_contacts, table_of

PATIENCE_S = 90.0
without_spark = pytest.mark.skipif(
    find_spec("pyspark") is None or shutil.which("java") is None,
    reason="needs the extra `spark` (pyspark) and Java (default-jre-headless)",
)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("spark")
    with ExitStack() as processes, pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        environment.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        environment.setenv("SPARK_CONF_DIR", str(folder))
        # Two thousand records in two hundred parts would be minutes of nothing.
        (folder / "spark-defaults.conf").write_text("spark.sql.shuffle.partitions 4\nspark.default.parallelism 4\n")
        log = _started(processes, folder, "master", "master.Master", "--host", "127.0.0.1", "--port", "0")
        address = _said(log, r"Starting Spark master at (spark://\S+)")
        for number in (1, 2):
            worker = (f"worker{number}", "worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "1g")
            _said(_started(processes, folder, *worker, address), "(Successfully registered with master)")
        yield address


@without_spark
# Spark's gateway leaves its socket to the end of the process.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_two_workers_decide_as_duckdb_does(master):
    table = table_of(made_contacts(2_000))
    here = sweep(table, default_bundle(), adapt=True)
    there = sweep(table, default_bundle(), adapt=True, engine=engine_at(master))
    assert there.clusters.equals(here.clusters)
    assert _decided(there) == _decided(here)
    weights = dict(zip(_decided(here), here.pairs["weight"].to_pylist(), strict=True))
    assert all(
        abs(weights[pair] - weight) <= 1e-9
        for pair, weight in zip(_decided(there), there.pairs["weight"].to_pylist(), strict=True)
    )
    assert there.bundle.spec.bands == here.bundle.spec.bands


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed")
def test_without_pyspark_the_engine_says_what_to_install():
    with pytest.raises(BadInput, match=r"pip install .closeloop\[spark\]"):
        sweep(table_of(made_contacts(10)), default_bundle(), engine=engine_at("spark://127.0.0.1:7077"))


def test_an_engine_that_there_is_not_is_refused():
    with pytest.raises(BadInput, match="there is no engine 'sparc'"):
        engine_at("sparc")


def _decided(found) -> dict[tuple[int, int], tuple[str, str]]:
    pairs = found.pairs.to_pydict()
    said = zip(pairs["band"], pairs["why"], strict=True)
    return dict(zip(zip(pairs["left"], pairs["right"], strict=True), said, strict=True))


def _started(processes: ExitStack, folder: Path, name: str, role: str, *arguments: str) -> Path:
    home = Path(find_spec("pyspark").origin).parent
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_WORKER_DIR": str(folder / name),
    }
    log = folder / f"{name}.log"
    command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{role}", "--webui-port", "0", *arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    processes.callback(process.wait, PATIENCE_S)
    processes.callback(process.terminate)
    return log


def _said(log: Path, pattern: str) -> str:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.2)
    raise TimeoutError(f"{log.name} never said {pattern!r}:\n{log.read_text()[-2000:]}")
