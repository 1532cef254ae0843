from smena.cli import main

main()
