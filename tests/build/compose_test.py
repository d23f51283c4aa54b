"""deploy/compose.yaml and deploy/Dockerfile say what Caseward's log needs of a broker, and name only what is there.

No container is started here: what this shows is that the files can be read and agree with the program and with each other.
"""
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def flags(program, verb):
    text = subprocess.run([program, verb, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"--[a-z][a-z-]+", text))


def main(program):
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    kafka, caseward = compose["services"]["kafka"], compose["services"]["caseward"]

    assert re.fullmatch(r"apache/kafka:\d+\.\d+\.\d+", kafka["image"]), kafka["image"]
    settings = {name: str(value) for name, value in kafka["environment"].items()}
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false", "Caseward makes its topics itself"
    assert settings["KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR"] == "1", "one broker"
    assert settings["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == "1", "one broker"
    assert len(settings["CLUSTER_ID"]) == 22, "a Kafka cluster id is 16 bytes in base64"

    command = caseward["command"]
    assert command[0] == "serve", command
    unknown = {word for word in command if word.startswith("--")} - flags(program, "serve")
    assert not unknown, f"serve knows no {unknown}"
    bootstrap = command[command.index("--kafka") + 1]
    assert settings["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{bootstrap}", bootstrap
    assert caseward["depends_on"]["kafka"]["condition"] == "service_healthy" and "healthcheck" in kafka

    for service in (kafka, caseward):
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"], volume
        assert "ports" not in service, "--auth dev is for loopback"

    dockerfile = ROOT / "deploy" / caseward["build"]["context"] / caseward["build"]["dockerfile"]
    lines = dockerfile.read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM ")] == ["FROM debian:12 AS build", "FROM debian:12-slim"]
    data = command[command.index("--data") + 1]
    home = re.search(r"--home-dir (\S+)", dockerfile.read_text()).group(1)
    assert data.startswith(home + "/"), f"{data} is not the user's, {home}"
    print("deploy/compose.yaml and deploy/Dockerfile agree")


if __name__ == "__main__":
    main(sys.argv[1])
