"""Folders as the kubelet lays out ConfigMaps."""

import os
import shutil


class ConfigMapVolume:
    """Files that lead to `..data`, which leads to a folder that is replaced as a whole, by a rename."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        folder.mkdir()

    def put(self, files):
        """Puts these files (name -> text) there, and nothing else."""
        self.count += 1
        made = self.folder / f"..2026_11_24_00_00_00.{self.count}"
        made.mkdir()
        for name, text in files.items():
            (made / name).write_text(text)
        data, before = self.folder / "..data", os.path.realpath(self.folder / "..data")
        (self.folder / "..data_tmp").symlink_to(made.name)
        (self.folder / "..data_tmp").rename(data)
        for name in files:
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(f"..data/{name}")
        for link in self.folder.iterdir():
            if not link.name.startswith("..") and link.name not in files:
                link.unlink()
        if self.count > 1:
            shutil.rmtree(before)
