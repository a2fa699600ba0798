"""`python -m boeing_data_hub.cli` is `bdh`."""

from boeing_data_hub.cli.app import main

main()
