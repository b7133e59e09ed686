"""The one training loop: progress, validation, early stopping, interruption."""

import contextlib
import dataclasses
import math
import time

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import tqdm

from ..params import Params
from . import team


@dataclasses.dataclass(frozen=True)
class TrainParams(Params):
    """How a model is trained.

    Attributes
    ----------
    steps : int
        Weight updates at most.
    batch_size : int
        Crops a step.
    crop_size : int
        Side of a crop, px.
    lr : float
        Highest learning rate; it rises in the first twentieth of the steps and
        falls to zero along a cosine, so that the result does not depend on the
        luck of the last steps.
    weight_decay : float
        Of AdamW.
    every : int
        Steps between two validations.
    patience : int
        Stop after so many validations without a better one.
    """

    steps: int = 1600
    batch_size: int = 4
    crop_size: int = 96
    lr: float = 2e-3
    weight_decay: float = 1e-4
    every: int = 80
    patience: int = 8


@dataclasses.dataclass
class History:
    """What happened during training.

    Attributes
    ----------
    steps, train_loss : list
        Step number and mean training loss since the entry before.
    val_steps, val_loss : list
        Step number and validation loss.
    best_step : int
        Step whose weights are kept.
    seconds : float
        Wall time.
    stopped : str
        Why training ended: "finished", "early" or "interrupted".
    """

    steps: list = dataclasses.field(default_factory=list)
    train_loss: list = dataclasses.field(default_factory=list)
    val_steps: list = dataclasses.field(default_factory=list)
    val_loss: list = dataclasses.field(default_factory=list)
    best_step: int = 0
    seconds: float = 0.0
    stopped: str = "finished"


def pick_device(device=None):
    """Return the device asked for, else CUDA where there is one, else the CPU.

    Raises
    ------
    ValueError
        If there is no such device, or CUDA is asked for and not there.
    """
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(device)
    except RuntimeError:
        raise ValueError(
            f"there is no device {device!r}; say cpu, cuda or cuda:0, or leave it out"
        ) from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device 'cuda' was asked for but PyTorch sees no GPU; "
            "use device='cpu' or install a CUDA build of PyTorch"
        )
    return team.own_device(device)


def fast_dtype(device):
    """bfloat16 where the processor or GPU multiplies it in hardware, else None."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else None
    has = [getattr(torch.cpu, f"_is_{name}_supported", None) for name in _BF16_UNITS]
    return torch.bfloat16 if any(check and check() for check in has) else None


_BF16_UNITS = ("avx512_bf16", "amx_tile")


def mixed_precision(device):
    """Context in which the network computes in the fastest safe precision."""
    dtype = fast_dtype(device)
    if dtype is None:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype)


def to_device(array, device):
    """Move a numpy batch to `device`, in the memory order convolutions like."""
    tensor = torch.from_numpy(np.ascontiguousarray(array)).to(device)
    return tensor.contiguous(memory_format=torch.channels_last)


def train(net, loss, crops, validation, params, *, progress=True, callback=None):
    """Train a network and leave the best weights in it.

    The weights that are validated and kept are a running average over the
    latest steps, which is steadier than any single step. Pressing stop
    (KeyboardInterrupt) ends training early and keeps the best weights so far.
    Started by ``torchrun``, all processes train one network: a step is the average
    over the batches of all.

    Parameters
    ----------
    net : torch.nn.Module
        On its device; changed in place.
    loss : callable
        ``loss(net, crop) -> scalar tensor``; the network is also asked as the
        average of its latest steps.
    crops : Crops
        Source of training batches.
    validation : Crop
        One fixed batch.
    params : TrainParams
    progress : bool
        Show a progress bar.
    callback : callable, optional
        Called with the `History` after each validation (for a live curve).

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If the loss is not finite; the message says at which step.
    """
    run = _Run(net, loss, crops, validation, params)
    started = time.perf_counter()
    shown = progress and team.rank() == 0
    bar = tqdm(range(1, params.steps + 1), disable=not shown, unit="step")
    try:
        for step in bar:
            run.step(step)
            if step % params.every == 0 or step == params.steps:
                better = run.validate(step)
                bar.set_postfix_str(run.summary())
                if callback is not None:
                    callback(run.history)
                if not better and run.waited >= params.patience:
                    run.history.stopped = "early"
                    break
    except KeyboardInterrupt:
        run.history.stopped = "interrupted"
    finally:
        bar.close()
        run.restore_best()
    run.history.seconds = time.perf_counter() - started
    return run.history


class _Run:
    """The state of one training run."""

    def __init__(self, net, loss, crops, validation, params):
        self.net, self.loss, self.crops = net, loss, crops
        self.validation, self.params = validation, params
        team.join(net)
        self.average = AveragedModel(
            net, multi_avg_fn=get_ema_multi_avg_fn(_decay(params)), use_buffers=True
        )
        self.optimizer = torch.optim.AdamW(
            net.parameters(),
            lr=params.lr,
            weight_decay=params.weight_decay,
            fused=True,
        )
        self.history, self.waited = History(), 0
        self._best, self._best_loss, self._recent = None, math.inf, []

    def step(self, step):
        """One weight update."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.params.lr * _schedule(step / self.params.steps)
        self.net.train()
        value = self.loss(self.net, self.crops.batch(self.params.batch_size))
        if not torch.isfinite(value):
            raise ValueError(
                f"the loss became {value.item()} at step {step}; check the images for "
                f"extreme values or lower lr (now {self.params.lr})"
            )
        self.optimizer.zero_grad()
        value.backward()
        team.average(self.net)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.net)
        self._recent.append(value.item())

    @torch.no_grad()
    def validate(self, step):
        """Note both losses; keep the weights if they are the best so far."""
        self.average.eval()
        size = 2 * self.params.batch_size
        n = len(self.validation.image)
        parts = [
            type(self.validation)(*(array[k : k + size] for array in self.validation))
            for k in range(0, n, size)
        ]
        losses = [self.loss(self.average, part).item() for part in parts]
        weights = [len(part.image) for part in parts]
        val_loss = float(np.average(losses, weights=weights))
        val_loss = team.agree(val_loss, next(self.net.parameters()).device)
        self.history.steps.append(step)
        self.history.train_loss.append(float(np.mean(self._recent)))
        self.history.val_steps.append(step)
        self.history.val_loss.append(val_loss)
        self._recent = []
        return self._keep_if_better(val_loss, step)

    def _keep_if_better(self, val_loss, step):
        """Copy the averaged weights if this is the lowest validation loss."""
        if not val_loss < self._best_loss:
            self.waited += 1
            return False
        state = self.average.module.state_dict()
        self._best = {name: value.clone() for name, value in state.items()}
        self._best_loss, self.waited, self.history.best_step = val_loss, 0, step
        return True

    def restore_best(self):
        """Put the best weights into the network, in evaluation mode."""
        if self._best is None:  # interrupted before the first validation
            self._best = self.average.module.state_dict()
        self.net.load_state_dict(self._best)
        self.net.eval()

    def summary(self):
        """One short line for the progress bar."""
        history = self.history
        return (
            f"loss {history.train_loss[-1]:.3f}, validation {history.val_loss[-1]:.3f}"
        )


def _decay(params):
    """Averaging over about a fortieth of the steps, at most 100."""
    return 1 - 1 / min(100, max(2, params.steps / 40))


def _schedule(done):
    """Learning rate factor after the fraction `done` of the steps."""
    warm = 0.05
    if done < warm:
        return done / warm
    return 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm)))
