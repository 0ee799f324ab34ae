"""The benchmark: Florin beside a floor, a limit, a naive handler and a peer, measured in one run."""
