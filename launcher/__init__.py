"""What stands behind `./run`: makes the environment, starts and stops the parts. Standard library only."""
