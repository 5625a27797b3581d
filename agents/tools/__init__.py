"""HTTP tools: the shape of a request, its check, how arguments become a request and an answer a result.

All pure but for `run`, which sends. Tools of a workspace and HTTP nodes of a flow share it.
"""
