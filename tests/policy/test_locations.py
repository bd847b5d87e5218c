"""Location tokens before training."""

import torch

from policy.training.locations import order_locations


def test_near_places_have_near_embeddings_at_the_scale_of_the_rest():
    torch.manual_seed(0)
    embedding = torch.randn(300, 64) * 0.02
    before = embedding.clone()
    order_locations(embedding, 10, 256)
    places = embedding[10:266]
    near, far = (places[1:] - places[:-1]).norm(dim=1).mean(), (places[100:] - places[:-100]).norm(dim=1).mean()
    assert near < 0.3 * far
    assert 0.015 < places.std() < 0.025
    assert torch.equal(embedding[:10], before[:10]) and torch.equal(embedding[266:], before[266:])
