from setuptools import setup
from setuptools.command.sdist import sdist


class WholeSdist(sdist):
    """A source distribution that can test and document itself."""

    def make_distribution(self):
        for name in ("docs", "examples", "tests"):
            self.filelist.graft(name)
        self.filelist.include("CHANGELOG.rst")
        self.filelist.global_exclude("*.py[cod]")
        super().make_distribution()


setup(cmdclass={"sdist": WholeSdist})
