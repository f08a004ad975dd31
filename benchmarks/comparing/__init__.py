"""lagwatch's pages under other exporters' names beside these exporters themselves. `python -m benchmarks.compare_peer`."""
