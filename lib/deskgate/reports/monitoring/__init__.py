"""What Deskgate tells Prometheus: the gauges, their values of a day, and the text file that holds them."""
