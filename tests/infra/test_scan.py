"""The scan: does each of its rules find what it is for, and nothing else, and does a finding stop it?"""

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml

from infra.scan import BANDIT, PLACES, ROOT, commands, main, run_scanner

RULES = [
    rule for path in ROOT.glob("infra/semgrep/*.yaml") for rule in yaml.safe_load(path.read_text())["rules"]
]

# Rule -> where it applies, what it finds there (one finding an entry), and what it leaves alone.
SAMPLES: dict[str, tuple[str, list[str], list[str]]] = {
    "fraction-of-money": (
        "chalicelib/handlers/a.py",
        [
            "float(order.payable_fen)",
            "round(rate_bps, 2)",
            "gift.amount_fen / 100",
            "share / total_fen",
        ],
        ["float(seconds)", "paid_fen // 100", "done / whole", "round(age, 1)"],
    ),
    "unguarded-money-write": (
        "chalicelib/store/cards.py",
        [
            'self.dynamo.put("cards", key, values)',
            'self.dynamo.put("cards", key, values, None)',
            'dynamo.update("cards", key, actions)',
            'dynamo.update_write("cards", key, actions, None)',
            'self.dynamo.put_write("cards", key, values, None)',
            'self.dynamo.put_all("cards", rows)',
        ],
        [
            'self.dynamo.put("cards", key, values, path("pk").does_not_exist())',
            'dynamo.update("cards", key, actions, condition)',
            "known.update(a, b, c)",
        ],
    ),
    "looked-before-written": (
        "chalicelib/store/documents.py",
        [
            "found = self.dynamo.get(table, key)\n    if not found:\n        pass\n"
            "    self.dynamo.put(table, key, row)",
            "old = dynamo.get(table, key)\n    dynamo.update(table, key, actions)",
            "old = dynamo.get(table, key)\n    dynamo.delete(table, key)",
            "if dynamo.get(table, key) is None:\n        dynamo.put(table, key, row)",
        ],
        [
            "found = self.dynamo.get(table, key)\n    self.dynamo.put(table, key, row, condition)",
            "self.dynamo.put(table, key, row)\n    found = self.dynamo.get(table, key)",
        ],
    ),
    "secret-in-log": (
        "chalicelib/usecases/a.py",
        [
            'logger.info(f"a code for {person.phone}")',
            'logger.warning("refused", extra={"password": command.password})',
            'logger.error("not opened", secret=card_secret)',
            'self.logger.exception("for %s", phone)',
        ],
        [
            'logger.info(f"a code for {person.person_id}")',
            'logger.warning("refused", extra={"order": order.order_id})',
            'logger.info("the phone is known")',
            "sender.send(person.phone)",
        ],
    ),
    "secret-compared-by-equality": (
        "chalicelib/gateways/a.py",
        ["signature == expected", "known.secret != given", "sealed == request.token"],
        ["hmac.compare_digest(signature, expected)", 'secret == ""', "state == wanted"],
    ),
    "peer-not-verified": (
        "local/a.py",
        [
            "requests.get(url, verify=False, timeout=1)",
            'session.client("s3", use_ssl=False)',
            "context.check_hostname = False",
            "context.verify_mode = ssl.CERT_NONE",
            "ssl._create_unverified_context()",
        ],
        ["requests.get(url, verify=bundle, timeout=1)", "context.check_hostname = True"],
    ),
    "call-without-time-limit": (
        "bench/a.py",
        [
            "requests.post(url, json=body)",
            "urllib.request.urlopen(url)",
            "http.client.HTTPConnection(host, port)",
            "urllib3.PoolManager()",
            'boto3.client("s3")',
        ],
        [
            "requests.post(url, json=body, timeout=5)",
            "urllib.request.urlopen(url, timeout=5)",
            "http.client.HTTPConnection(host, port, timeout=5)",
            'boto3.client("s3", config=CONFIG)',
        ],
    ),
    "text-becomes-code": (
        "infra/a.py",
        ["eval(text)", "exec(text)", "import pickle", "import shelve", "yaml.load(text)"],
        ["json.loads(text)", "yaml.safe_load(text)", "yaml.load(text, Loader=SafePieces)"],
    ),
    "failure-swallowed": (
        "chalicelib/handlers/b.py",
        [
            "try:\n        work()\n    except Exception:\n        pass",
            "try:\n        work()\n    except Exception as error:\n        return",
            "with contextlib.suppress(Exception):\n        work()",
        ],
        [
            "try:\n        work()\n    except KeyError:\n        pass",
            "try:\n        work()\n    except Exception:\n        logger.exception('not done')",
            "with contextlib.suppress(KeyError):\n        work()",
        ],
    ),
}


def planted(folder: Path, rule: str) -> None:
    """A file for the rule: each sample in a function of its own, named after whether it is to be found."""
    where, bad, good = SAMPLES[rule]
    text = "import contextlib, hmac, http.client, json, requests, ssl, urllib.request, boto3, urllib3, yaml\n"
    for kind, samples in (("bad", bad), ("good", good)):
        for number, sample in enumerate(samples):
            text += f"\n\ndef {kind}_{number}():\n    {sample}\n"
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def function_of(path: Path, line: int) -> str:
    """The function in which a line stands."""
    above = path.read_text(encoding="utf-8").splitlines()[:line]
    return [text for text in above if text.startswith("def ")][-1].removeprefix("def ").partition("(")[0]


def test_each_rule_finds_each_bad_sample_once_and_no_good_one(tmp_path: Path) -> None:
    for rule in SAMPLES:
        planted(tmp_path, rule)
    run = run_scanner([*commands(tmp_path)["semgrep"], "--json"], tmp_path)
    assert run.returncode == 1, run.stderr
    found = Counter(
        (
            one["check_id"].rpartition(".")[2],
            one["path"],
            function_of(tmp_path / one["path"], one["start"]["line"]),
        )
        for one in json.loads(run.stdout)["results"]
    )
    assert found == {
        (rule, where, f"bad_{number}"): 1
        for rule, (where, bad, _) in SAMPLES.items()
        for number in range(len(bad))
    }


def test_every_rule_has_its_samples_and_stops_the_build() -> None:
    assert {rule["id"] for rule in RULES} == SAMPLES.keys()
    assert {rule["severity"] for rule in RULES} == {"ERROR"}


@pytest.mark.capability("S-105")
@pytest.mark.parametrize(
    "line, scanner, said",
    [
        ("subprocess.call(command, shell=True)", "bandit", "B602"),
        ('logger.info("signed in", extra={"phone": phone})', "semgrep", "secret-in-log"),
    ],
)
def test_a_grave_finding_stops_the_scan(
    line: str, scanner: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chalicelib").mkdir()
    mischief = tmp_path / "chalicelib" / "mischief.py"
    mischief.write_text(f"import subprocess\n\n\ndef mischief():\n    {line}\n", encoding="utf-8")
    assert main(["--folder", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert said in told.partition(f"{scanner}: ")[2]


@pytest.mark.capability("S-105")
def test_without_one_it_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chalicelib").mkdir()
    shutil.copy(ROOT / "chalicelib" / "gateways" / "signatures.py", tmp_path / "chalicelib")
    assert main(["--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "bandit: nothing grave\nsemgrep: nothing grave\n"


def test_a_scanner_that_is_not_there_is_no_clean_bill(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_scanner(["no-scanner"], tmp_path)


def test_what_is_exempt_says_of_what_and_why() -> None:
    files = [path for place in PLACES for path in (ROOT / place).rglob("*.py")] + [ROOT / "app.py"]
    exempt = [
        line for path in files for line in path.read_text(encoding="utf-8").splitlines() if "# nosec" in line
    ]
    assert exempt
    assert all(re.search(r"# nosec B\d{3}: \w+", line) for line in exempt)
    texts = [path.read_text(encoding="utf-8") for path in files]
    assert sum(text.count("nosemgrep") for text in texts) == sum(
        len(re.findall(r"^ *# \w.+\.\n.+  # nosemgrep: [a-z-]+$", text, re.MULTILINE)) for text in texts
    )
    assert "--severity-level" in BANDIT
