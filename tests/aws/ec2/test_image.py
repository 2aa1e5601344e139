"""The worker's image: its bundle, the scripts that make it, and what is in one made here."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile

import pytest

from assay import environment
from assay.deployment.places import AWS, in_clone
from assay.process import execute
from worker.replicator import Replicator

EC2 = in_clone("aws/ec2")
SCRIPTS = sorted([*EC2.glob("*.sh"), *in_clone("aws/lambda").glob("*.sh")])
PIP = ("HOME", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE", "REQUESTS_CA_BUNDLE")
PINS = {"AWS_CLI_VERSION": "2", "AWS_CLI_SHA256": "a", "CLOUDWATCH_AGENT_VERSION": "1",
        "CLOUDWATCH_AGENT_SHA256": "b"}  # fmt: skip
PACKER = r"""#!/bin/sh
echo "$*" >>"$(dirname "$0")/calls"
for word; do case $word in manifest=*) manifest=${word#manifest=} ;; esac; done
[ "$1" = build ] || exit 0
echo '{"builds": [{"artifact_id": "us-east-1:ami-0123456789abcdef0"}]}' >"$manifest"
echo "what Packer says, ami-00000000000000000 among it"
"""


def built(*words, folder=EC2, path=None):
    """A call of build-ami.sh."""
    env = {**environment.inherited(*PIP), "PYTHON": sys.executable}
    if path is not None:
        env["PATH"] = f"{path}:{env['PATH']}"
    return execute(["bash", str(folder / "build-ami.sh"), *words], env=env, timeout=300)


def verified(folder):
    """What provision.sh says of an unpacked bundle."""
    script = str(EC2 / "provision.sh")
    argv = ["bash", script, "--verify", str(folder)]
    return execute(argv, env=environment.inherited(), timeout=60)


# Bundles and the image take half a minute each: one process makes them (xdist), that which rolls
# the image out as well.
made_once = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Made twice, with the reference replicator."""
    made = [tmp_path_factory.mktemp("bundle") / "bundle.tar" for _ in range(2)]
    for out in made:
        done = built("--bundle-only", str(out))
        assert done.ok, done.output
        assert done.stdout == f"{out}\n"
    return made


@pytest.fixture
def unpacked(bundles, tmp_path):
    """The bundle as it lies in the machine to be."""
    with tarfile.open(bundles[0]) as bundle:
        bundle.extractall(tmp_path / "bundle", filter="data")
    return tmp_path / "bundle"


@pytest.fixture
def tool(tmp_path):
    """A program that stands for a replicator of its own."""
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def pinned_clone(tmp_path):
    """A copy of the recipe in which what AWS provides is pinned, and a Packer that only notes."""
    for part in ("ec2", "common", "contract"):
        shutil.copytree(in_clone(AWS) / part, tmp_path / "aws" / part)
    pins = "".join(f'{name}="{value}"\n' for name, value in PINS.items())
    (tmp_path / "aws/ec2/downloads.env").write_text(pins)
    (tmp_path / "bin").mkdir()
    packer = tmp_path / "bin" / "packer"
    packer.write_text(PACKER)
    packer.chmod(0o755)
    return tmp_path


@pytest.mark.shellcheck
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_shellcheck_finds_nothing(script):
    done = execute(["shellcheck", "-x", script.name], env=environment.inherited(), timeout=60,
                   cwd=script.parent)  # fmt: skip
    assert done.ok, done.output


@pytest.mark.packer
def test_packer_accepts_the_syntax():
    argv = ["packer", "validate", "-syntax-only", str(EC2 / "worker.pkr.hcl")]
    done = execute(argv, env=environment.inherited("HOME"), timeout=60)
    assert done.ok, done.output


@pytest.mark.packer
def test_packer_knows_every_setting_and_accepts_its_value(tmp_path):
    """But for two settings that its version 1.6 is too old for; newer ones need a plugin."""
    env = environment.inherited("HOME")
    version = execute(["packer", "version"], env=env, timeout=60).stdout
    if not re.match(r"Packer v1\.[56]\.", version):
        pytest.skip(f"{version.strip()} fetches the plugin for AWS; only 1.5 and 1.6 have it")
    text = (EC2 / "worker.pkr.hcl").read_text()
    text, found = re.subn(
        r"^  imds_support .*\n|^  metadata_options \{[^}]*\}\n", "", text, flags=re.M
    )
    assert found == 2
    path, bundle = tmp_path / "worker.pkr.hcl", tmp_path / "bundle.tar"
    path.write_text(text)
    bundle.touch()
    given = [f"-var=bundle={bundle}", f"-var=manifest={tmp_path / 'manifest'}"]
    done = execute(["packer", "validate", *given, str(path)], env=env, timeout=60)
    assert done.ok, done.output


@made_once
def test_two_bundles_are_the_same_bytes(bundles):
    first, second = (bundle.read_bytes() for bundle in bundles)
    assert first == second


@made_once
def test_a_bundle_as_it_was_made_is_accepted(unpacked):
    done = verified(unpacked)
    assert done.ok, done.output
    assert (unpacked / "lib/worker/__main__.py").exists()
    assert not (unpacked / "reference/assay/cloud").exists()


def change(unpacked):
    path = unpacked / "lib/worker/work.py"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def lose(unpacked):
    (unpacked / "wheels").joinpath(next((unpacked / "wheels").iterdir()).name).unlink()


def add(unpacked):
    (unpacked / "lib/worker/more.py").write_text("")


def link(unpacked):
    (unpacked / "lib/more").symlink_to("/etc/shadow")


@made_once
@pytest.mark.parametrize(
    ("damage", "said"),
    [(change, "lib/worker/work.py: FAILED"), (lose, ".whl: FAILED open or read"),
     (add, "lib/worker/more.py"), (link, "lib/more")],
)  # fmt: skip
def test_a_damaged_bundle_is_refused(unpacked, damage, said):
    damage(unpacked)
    done = verified(unpacked)
    assert done.exit == 1
    assert said in done.stderr
    assert "Evidence: " in done.stderr
    assert "To fix: " in done.stderr


@made_once
def test_the_worker_reads_what_the_bundle_says_of_the_reference(unpacked):
    read = Replicator.of(unpacked)
    assert (read.passwords, read.pin) == ("passfile", "hostaddr")
    assert read.argv[0] == "/opt/replicator/python"


def test_a_binary_takes_the_place_of_the_reference(tmp_path, tool):
    done = built("--binary", str(tool), "--bundle-only", str(tmp_path / "bundle.tar"))
    assert done.ok, done.output
    with tarfile.open(tmp_path / "bundle.tar") as bundle:
        bundle.extractall(tmp_path / "bundle", filter="data")
    read = Replicator.of(tmp_path / "bundle")
    assert read.argv == ("/opt/replicator/pinned.sh", "/opt/replicator/replicator")
    assert (read.passwords, read.pin) == ("urls", "hosts")
    assert (tmp_path / "bundle/replicator").stat().st_mode & 0o777 == 0o755
    assert not (tmp_path / "bundle/reference").exists()
    assert not list((tmp_path / "bundle/wheels").glob("psycopg*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--loacl", "x"], "There is no option --loacl."),
        (["x"], "There is no option x."),
        (["--local"], "--local needs a value."),
        (["--local", "--base", "x"], "--local needs a value."),
        (["--base", "x"], "--base is for --local."),
        (["--local", "a", "--bundle-only", "b"], "Either an image or a bundle."),
        (["--local", "a", "--region", "eu-west-1"], "--region and --instance-type are for AWS."),
    ],
)
def test_words_that_mean_nothing_are_refused(words, said):
    done = built(*words)
    assert (done.exit, done.stdout) == (2, "")
    assert [line.partition(" ")[0] for line in done.stderr.splitlines()[1:]] == ["Evidence:", "To"]
    assert done.stderr.startswith(f"{said}\n")


def test_help_names_every_option_that_is_taken():
    taken = set(re.findall(r"--[a-z-]+(?=\) \w+=\$value)", (EC2 / "build-ami.sh").read_text()))
    done = built("--help")
    assert done.ok, done.output
    assert taken == {"--help", *re.findall(r"^  (--[a-z-]+)", done.stdout, re.M)} - {"--help"}


def test_the_image_on_aws_prints_its_id_last(pinned_clone, tool):
    done = built("--binary", str(tool), folder=pinned_clone / "aws/ec2", path=pinned_clone / "bin")
    assert done.ok, done.output
    assert done.stdout == "ami-0123456789abcdef0\n"
    calls = (pinned_clone / "bin/calls").read_text().splitlines()
    assert [call.partition(" ")[0] for call in calls] == ["init", "build"]


@pytest.mark.parametrize("name", PINS)
def test_no_machine_is_started_while_something_is_not_pinned(pinned_clone, tool, name):
    pins = pinned_clone / "aws/ec2/downloads.env"
    pins.write_text(pins.read_text().replace(f'{name}="{PINS[name]}"', f'{name}=""'))
    done = built("--binary", str(tool), folder=pinned_clone / "aws/ec2", path=pinned_clone / "bin")
    assert done.exit == 1
    assert f"{name} is empty" in done.stderr
    assert not (pinned_clone / "bin/calls").exists()


# What needs Docker


def inside(image, script, *options):
    """What a shell says in a container."""
    argv = ["docker", "run", "--rm", *options, "--entrypoint", "bash", image, "-euc", script]
    return execute(argv, env=environment.inherited("HOME"), timeout=120)


@made_once
@pytest.mark.docker
def test_provisioning_refuses_a_changed_byte_before_it_does_anything(unpacked):
    change(unpacked)
    script = (
        "bash /bundle/provision.sh /bundle || code=$?;"
        " [ ! -e /opt/replicator ] && echo untouched; exit $code"
    )
    done = inside("postgres:17", script, "--network", "none", "--volume", f"{unpacked}:/bundle:ro")
    assert (done.exit, done.stdout) == (1, "untouched\n")
    assert "The bundle is damaged." in done.stderr


@made_once
@pytest.mark.docker
def test_what_was_not_run_is_told(container_image):
    parts = ("AWS CLI v2", "CloudWatch agent")
    assert container_image.not_run == tuple(
        f"NOT RUN: {part} (cannot be fetched here)" for part in parts
    )


@made_once
@pytest.mark.docker
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("PYTHONPATH=lib ./python -c 'import sys, worker.__main__ as w; print(w.__file__)'",
         "/opt/replicator/lib/worker/__main__.py"),
        ("./python -c 'import boto3, sys; print(sys.prefix, *sys.version_info[:2])'",
         "/opt/replicator/venv 3 13"),
        ("PYTHONPATH=reference ./python -m assay.replicators.reference --help | head -n 1",
         "usage: assay-reference [-h] COMMAND ..."),
        ("/usr/lib/postgresql/17/bin/pg_dump --version | grep -o ') 17'", ") 17"),
        ("./power-off; echo ended", "ended"),
        ("find / -xdev ( -name authorized_keys -o -name '*_history' -o -path '*/bundle' )"
         .replace("(", "\\(").replace(")", "\\)"), ""),
        ("./python -m pip --version 2>&1 | grep -o 'No module.*'", "No module named pip"),
    ],
)  # fmt: skip
def test_the_image_holds_what_a_worker_needs_and_no_more(container_image, script, said):
    done = inside(container_image.tag, f"cd /opt/replicator; {script}")
    assert done.stdout.strip() == said, done.output


@made_once
@pytest.mark.docker
def test_the_image_describes_its_replicator_as_the_bundle_does(container_image, unpacked):
    done = inside(container_image.tag, "cat /opt/replicator/replicator.json")
    assert json.loads(done.stdout) == json.loads((unpacked / "replicator.json").read_text())


@made_once
@pytest.mark.docker
@pytest.mark.parametrize("network", ["host", "bridge"])
def test_names_can_be_pinned_in_a_container(container_image, network):
    script = (
        "printf '192.0.2.7 pinned.invalid\\n' >/run/hosts; export REPLICATOR_HOSTS=/run/hosts;"
        " /opt/replicator/pinned.sh getent ahostsv4 pinned.invalid | head -n 1"
    )
    done = inside(container_image.tag, script, "--network", network)
    assert done.stdout.split()[:1] == ["192.0.2.7"], done.output
