"""What the losses reward."""

import torch

from policy.model.pointer import Pointer, place_prior
from policy.training.losses import IGNORED, PatchHead, goal_weights, neighbour_weights, thought_loss


def test_near_place_costs_less_than_a_far_one_when_it_is_wrong():
    soft, labels = neighbour_weights(64, 1.2), torch.tensor([10 + 30])
    losses = []
    for guess in (30, 31, 50):
        logits = torch.zeros(1, 80)
        logits[0, 10 + guess] = 8.0
        losses.append(float(thought_loss(logits, labels, 10, soft, torch.ones(1))))
    assert losses[0] < losses[1] < losses[2]


def test_word_is_plain_cross_entropy_and_padding_costs_nothing():
    logits, labels = torch.randn(3, 80), torch.tensor([5, IGNORED, 9])
    loss = thought_loss(logits, labels, 10, neighbour_weights(64, 1.2), torch.ones(3))
    expected = torch.nn.functional.cross_entropy(logits[[0, 2]], labels[[0, 2]])
    torch.testing.assert_close(loss, expected)


def test_word_counts_more_when_it_says_where_a_thing_goes():
    goes = 7
    labels = torch.tensor([[1, goes, 2, 3, 4, 5], [1, 2, 3, goes, 5, IGNORED]])
    assert goal_weights(labels, goes, 6.0).tolist() == [[1, 1, 1, 1, 6, 1], [1, 1, 1, 1, 1, 1]]
    logits = torch.randn(1, 80)
    label, soft = torch.tensor([4]), neighbour_weights(64, 1.2)
    one, six = (thought_loss(logits, label, 10, soft, torch.tensor([w])) for w in (1.0, 6.0))
    torch.testing.assert_close(six, 6 * one)


def test_pointer_learns_to_point_and_ignores_thoughts_without_a_place():
    torch.manual_seed(0)
    pointer, tokens = Pointer(8), torch.randn(4, 9, 8)
    patch, offset = torch.tensor([0, 4, 8, IGNORED]), torch.zeros(4, 2)
    optimiser = torch.optim.Adam(pointer.parameters(), 0.05)
    first = pointer.loss(tokens, patch, offset)
    for _ in range(60):
        optimiser.zero_grad()
        loss = pointer.loss(tokens, patch, offset)
        loss.backward()
        optimiser.step()
    assert loss < 0.5 * first
    assert pointer.loss(tokens, torch.full((4,), IGNORED), offset) == 0
    row, column = pointer.place(tokens[1])
    assert abs(row - 0.5) < 0.2 and abs(column - 0.5) < 0.2


def test_prior_is_highest_at_the_pointed_place():
    assert int(place_prior(0.25, 256).argmax()) in (63, 64)


def test_words_win_against_the_pointed_place_when_they_are_sure_of_another():
    words = torch.full((256,), -12.0)
    words[200] = 0.0
    assert int((words + place_prior(0.25, 256)).argmax()) == 200
    words[64] = -1.0
    assert int((words + place_prior(0.25, 256)).argmax()) == 64


def test_patch_head_starts_from_nothing_here():
    head = PatchHead(8, 30)
    assert torch.sigmoid(head.out(torch.zeros(1, 8)).reshape(30, 4)[:, 0]).max() < 0.1
