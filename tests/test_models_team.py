"""Training by several processes that torchrun has started."""

import subprocess
import sys

import numpy as np
import torch

from labkit.models import team
from labkit.models.training import TrainParams, train

TWO_PROCESSES = """
import sys
import numpy as np
import torch
from labkit.crops import sampling
from labkit.models import StarDist, StarDistParams, TrainParams, team, training

sys.path.insert(0, sys.argv[2])
from test_models_team import Batches, loss, small_net

net = small_net(seed=team.rank())  # the first one's weights count
batches = Batches(np.arange(32).reshape(4, 8)[:, 4 * team.rank() :][:, :4])
training.train(net, loss, batches, Batches.all(), TrainParams(steps=4, every=2))
torch.save(net.state_dict(), f"{sys.argv[1]}/rank{team.rank()}.pt")

drawn = []
batch = sampling.Crops.batch
sampling.Crops.batch = lambda self, n: drawn.append(batch(self, n)) or drawn[-1]
image = np.zeros((64, 64), np.uint8)
image[20:30, 20:30] = 200
model = StarDist(StarDistParams(width=8, depth=1))
model._tune = lambda held: None
few = TrainParams(steps=2, every=2, crop_size=32, batch_size=2)
pair = [image] * 8, [(image > 0).astype(int)] * 8
model.fit(*pair, params=few, progress=False)
model.save(f"{sys.argv[1]}/model{team.rank()}")
np.save(f"{sys.argv[1]}/crops{team.rank()}.npy", drawn[0].image)
"""


class Crop(tuple):
    """What a training batch looks like: some pixels."""

    def __new__(cls, image):
        return super().__new__(cls, (image,))

    @property
    def image(self):
        return self[0]


class Batches:
    """Known batches, one row a step."""

    def __init__(self, rows):
        self.rows = iter(np.asarray(rows))

    def batch(self, n):
        return Crop(values(next(self.rows)))

    @staticmethod
    def all():
        return Crop(values(np.arange(32)))


def values(numbers):
    """Different numbers of moderate size."""
    return np.sin(np.asarray(numbers, np.float32))[:, None]


def small_net(seed):
    torch.manual_seed(seed)
    return torch.nn.Linear(1, 1)


def loss(net, crop):
    x = torch.from_numpy(crop.image)
    return ((net(x) - 3 * x - 1) ** 2).mean()


def test_two_processes_take_the_steps_of_one_with_all_their_batches(tmp_path):
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    tests = __file__.rpartition("/")[0]
    launch = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [sys.executable, "-m", *launch, script, tmp_path, tests]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]

    net = small_net(seed=0)
    batches = Batches(np.arange(32).reshape(4, 8))
    train(net, loss, batches, Batches.all(), TrainParams(steps=4, every=2))
    for rank in (0, 1):
        state = torch.load(tmp_path / f"rank{rank}.pt")
        for name, weight in net.state_dict().items():
            torch.testing.assert_close(state[name], weight, rtol=1e-4, atol=1e-6)

    files = [tmp_path / f"model{rank}" / "weights.safetensors" for rank in (0, 1)]
    assert files[0].read_bytes() == files[1].read_bytes()
    crops = [np.load(tmp_path / f"crops{rank}.npy") for rank in (0, 1)]
    assert not np.array_equal(*crops)


def test_one_process_is_a_team_of_its_own():
    net = small_net(seed=0)
    team.join(net)
    loss(net, Batches.all()).backward()
    before = net.weight.grad.clone()
    team.average(net)
    assert torch.equal(net.weight.grad, before)
    assert (team.rank(), team.agree(0.25, "cpu")) == (0, 0.25)
    assert team.own_device(torch.device("cuda")) == torch.device("cuda")
