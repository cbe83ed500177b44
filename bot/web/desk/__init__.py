"""The maintainer's desk as a page: an application and a process of its own, which no visitor's browser ever meets."""
