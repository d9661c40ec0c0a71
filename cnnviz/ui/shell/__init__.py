"""What surrounds every page: navigation, title, tour, time machine."""
