#!/usr/bin/env python3
"""Fetch a project's source archive from the package index that pip is configured for.

    fetch_sdist.py PROJECT FILE FOLDER

`pip download --no-binary` would do, but it also builds the package to read its metadata, which takes
a compiler tool chain and half a minute. So the parts of pip that find and fetch are called by
themselves: indexes, proxies and certificates are those of the user's pip. The caller checks the hash.
"""

import os
import sys

from pip._internal.commands import create_command


def fetch(project, filename, folder):
    command = create_command("download")
    options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", project])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        links = [candidate.link for candidate in finder.find_all_candidates(project)]
        link = next((link for link in links if link.filename == filename), None)
        if link is None:
            sys.exit(f"error: the package index has no {filename}")
        if link.is_file:
            write([open(link.file_path, "rb").read()], os.path.join(folder, filename))
            return
        # Without "identity" a server may compress the archive once more, which would change its hash.
        headers = {"Accept-Encoding": "identity"}
        response = session.get(link.url_without_fragment, headers=headers, stream=True)
        response.raise_for_status()
        write(response.iter_content(1 << 20), os.path.join(folder, filename))


def write(parts, path):
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    fetch(*sys.argv[1:])
