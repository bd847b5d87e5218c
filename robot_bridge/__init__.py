"""The bridge between a policy and the arms: control loop, safety, ZeroMQ."""
