"""A checkpoint at work in simulated kitchens, watched by the teacher: data on the states that it gets itself into."""
