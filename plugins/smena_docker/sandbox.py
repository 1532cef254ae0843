"""The plugin: images, what is made before trials, and what is swept after them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from smena import BadInput, Bounds, InfraError, Session, Snapshot, digest
from smena.sandbox import BOUNDS, quiet
from smena.slots import boot, dead

from smena_docker import base
from smena_docker.session import HOST, LABEL, DockerSession, engine, packed, remove

INSTALL = "pip install 'smena[docker]'"


class DockerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[sandbox.docker]``."""

    image: str = base.IMAGE
    """The image of sessions that name none. The default is made here from Debian's packages."""
    disk_gb: float = 20.0
    """Images and work trees that Smena made may take so much; the oldest go first, before new ones come."""


class Docker:
    """Sessions in containers of a Docker Engine, reached as the docker command reaches it."""

    Config = DockerConfig
    version = 1
    rank = 20
    images = True

    def __init__(self, config: DockerConfig | None = None) -> None:
        self.config = config or DockerConfig()
        self._clients: dict[int, Any] = {}
        self._packed: dict[str, bytes] = {}

    def _client(self) -> Any:
        """One a process: a connection does not survive a fork."""
        if os.getpid() not in self._clients:
            import docker

            with engine("answer"):
                self._clients = {os.getpid(): docker.from_env(timeout=120)}
        return self._clients[os.getpid()]

    def unavailable(self) -> str:
        try:
            import docker  # noqa: F401
        except ImportError:
            return f"needs the docker package: {INSTALL}"
        try:
            with engine("answer"):
                self._client().ping()
        except InfraError as error:
            return f"the Docker Engine does not answer ({error}): install docker.io, start it (dockerd)"
        return ""

    def prepare(self, snapshot: Snapshot, say: Callable[[str], None] = quiet) -> None:
        """Have the image, pulled or built, and its work tree at hand. Raises BadInput for an image that is
        not to be had."""
        image = snapshot.image or self.config.image
        client = self._client()
        if not self._has(client, image):
            self._make_room(client, say)
            if snapshot.build:
                self._build(client, image, snapshot.build, say)
            elif image == base.IMAGE and not base.missing():
                self._make_base(client, say)
            else:
                self._pull(client, image, say)
        self._seed(client, image, snapshot)

    def open(self, snapshot: Snapshot, bounds: Bounds = BOUNDS) -> Session:
        image = snapshot.image or self.config.image
        client = self._client()
        if not self._has(client, image):
            raise InfraError(f"no image {image!r} in this Docker Engine: prepare it first")
        for outside, _ in snapshot.binds:
            if not Path(outside).exists():
                raise BadInput(f"sandbox docker: {outside} is to be in the session and is not there")
        tree = self._tree(snapshot.tree) if snapshot.tree else b""
        return DockerSession(client, image, self._seed(client, image, snapshot), snapshot, tree, bounds)

    def sweep(self) -> int:
        """Remove the containers of this machine's dead processes."""
        client, swept = self._client(), 0
        with engine("list containers"):
            left = client.api.containers(all=True, filters={"label": [LABEL, f"{HOST}={boot()}"]})
            old = client.api.containers(all=True, filters={"label": [LABEL], "status": "exited"})
            for container in {c["Id"]: c for c in [*left, *old]}.values():
                if container["Labels"][HOST] != boot() or dead(container["Labels"][LABEL]):
                    remove(client, container["Id"])
                    swept += 1
        return swept

    def _has(self, client: Any, image: str) -> bool:
        import docker.errors

        with engine("look for an image"):
            try:
                client.api.inspect_image(image)
            except docker.errors.ImageNotFound:
                return False
        return True

    def _pull(self, client: Any, image: str, say: Callable[[str], None]) -> None:
        import docker.errors
        import requests

        say(f"pulling image {image}")
        name, tag = image if ":" in image.rpartition("/")[2] else f"{image}:latest", None
        try:
            for step in client.api.pull(name, tag=tag, stream=True, decode=True):
                if "error" in step:
                    raise docker.errors.APIError(step["error"])
                if "id" in step and "progress" not in step:
                    say(f"pulling image {image}: {step['id']} {step.get('status', '')}")
        except (docker.errors.DockerException, requests.RequestException) as error:
            why = " ".join(str(getattr(error, "explanation", None) or error).split())
            hint = f"; {base.IMAGE} is made by python -m smena_docker.base" if image == base.IMAGE else ""
            raise BadInput(
                f"no image {image!r} here, and it could not be pulled: {why}: "
                f"check its name and the network{hint}"
            ) from None

    def _build(self, client: Any, image: str, folder: str, say: Callable[[str], None]) -> None:
        import docker.errors

        say(f"building image {image} from {folder}")
        if not Path(folder, "Dockerfile").is_file():
            raise BadInput(f"image {image!r} is to be built from {folder}, which has no Dockerfile")
        made_here = f"FROM {base.IMAGE}" in Path(folder, "Dockerfile").read_text(errors="replace")
        if made_here and not self._has(client, base.IMAGE) and not base.missing():
            self._make_base(client, say)
        with engine(f"build {image}"):
            for step in client.api.build(
                path=folder,
                tag=image,
                rm=True,
                forcerm=True,
                decode=True,
                labels={base.LABEL: "built"},
                network_mode="none" if made_here else None,
            ):
                if "error" in step:
                    raise docker.errors.BuildError(step["error"].strip(), [])
                if words := str(step.get("stream", "")).strip():
                    say(f"building image {image}: {words.splitlines()[-1]}")

    def _make_base(self, client: Any, say: Callable[[str], None]) -> None:
        with engine(f"make {base.IMAGE}"):
            base.build(client, say)

    def _make_room(self, client: Any, say: Callable[[str], None]) -> None:
        """Keep what Smena made within its budget."""
        with engine("list images"):
            made = sorted(client.api.images(filters={"label": base.LABEL}), key=lambda i: -int(i["Created"]))
            size = 0
            for image in made:
                size += int(image["Size"])
                name = ([*(image["RepoTags"] or []), image["Id"]])[0]
                if size > self.config.disk_gb * 1e9 and name not in (base.IMAGE, self.config.image):
                    say(f"removing image {name}: over {self.config.disk_gb:g} GB")
                    self._discard(client, image["Id"])

    def _discard(self, client: Any, image: str) -> None:
        import docker.errors

        for volume in client.volumes.list(filters={"label": f"{base.LABEL}={image}"}):
            volume.remove(force=True)
        try:
            client.api.remove_image(image, force=True)
        except docker.errors.APIError as error:
            if error.status_code != 409:  # in use
                raise

    def _seed(self, client: Any, image: str, snapshot: Snapshot) -> str:
        """A read-only volume of what the image has at ``workdir``, made once an image; empty: nothing, or
        the snapshot brings its own tree."""
        import docker.errors

        if snapshot.tree or not snapshot.image:
            return ""
        with engine("copy an image's work tree"):
            image_id = client.api.inspect_image(image)["Id"]
            name = f"smena-tree-{digest([image_id, snapshot.workdir])}"
            label = {base.LABEL: image_id}
            try:
                found = client.api.inspect_volume(name)
                return name if found["Labels"].get("smena.filled") == "yes" else ""
            except docker.errors.NotFound:
                pass
            probe = client.api.create_container(image, ["true"], entrypoint=[])["Id"]
            try:
                stream, _ = client.api.get_archive(probe, snapshot.workdir)
                stream.close()
                there = True
            except docker.errors.NotFound:
                there = False
            finally:
                remove(client, probe)
            client.api.create_volume(name, labels=label | {"smena.filled": "yes" if there else "no"})
            if not there:
                return ""
            config = client.api.create_host_config(binds=[f"{name}:{snapshot.workdir}"])
            filled = client.api.create_container(image, ["true"], entrypoint=[], host_config=config)["Id"]
            client.api.remove_container(filled)
            return name

    def _tree(self, path: str) -> bytes:
        """Snapshots do not change, so a tree is packed once."""
        if not Path(path).is_dir():
            raise BadInput(f"sandbox docker: {path} is to be in the session and is not there")
        if path not in self._packed:
            if len(self._packed) >= 8:
                self._packed.pop(next(iter(self._packed)))
            self._packed[path] = packed(path)
        return self._packed[path]
