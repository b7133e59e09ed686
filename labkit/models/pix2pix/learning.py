"""Two networks learn against each other."""

import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from ...nets import Generator, PatchDiscriminator
from ..training import mixed_precision, to_device
from .encoding import Palette, encode, to_unit
from .params import ENCODINGS, GanHistory

HALO = 9  # px, width of the square that grows nuclei by their blurred rim
FINE = 0.1  # weight of single pixels in the absolute error, against local means
LEAST_SPREAD = 5e-3  # of texture that is worth learning, half a hundredth of white
N_NOTES = 40  # entries of the history


class Opponents(nn.Module):
    """Generator, discriminator, and the colours that the generator is shown."""

    def __init__(self, params):
        super().__init__()
        seen = ENCODINGS[params.encoding] + params.tones * params.channels
        width = params.width
        self.generator = Generator(
            seen + 1,
            params.channels,
            width=width,
            depth=params.depth,
            dropout=params.dropout,
        )
        self.discriminator = PatchDiscriminator(
            seen + 2 * params.channels, width=width, depth=params.patches
        )
        shape = params.n_tones, params.channels
        self.register_buffer("ground", torch.zeros(params.n_styles, params.channels))
        self.register_buffer("tones", torch.zeros(shape))
        self.register_buffer("owner", torch.zeros(params.n_tones, dtype=torch.int64))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, 0.02)

    def remember(self, palette):
        """Take over a `Palette`."""
        for name, values in palette._asdict().items():
            getattr(self, name).copy_(torch.from_numpy(values))

    def palette(self):
        """Return the `Palette` that was remembered."""
        return Palette(*(getattr(self, n).cpu().numpy() for n in Palette._fields))


class Scenes:
    """Random crops of encoded labels with their image, turned and mirrored.

    Parameters
    ----------
    found : list of Source
    colours : list of (H, W, C) ndarray
        Of nuclei and background, from `palette_of`.
    params : Pix2PixParams
    seed : int
    """

    def __init__(self, found, colours, params, seed):
        self.params, self.rng = params, np.random.default_rng(seed)
        self.scenes = []
        for source, own in zip(found, colours, strict=True):
            image = to_unit(source.image, params).transpose(2, 0, 1)
            known = _sure(source)[None]
            whole = encode(source.labels, own, params), image, known
            more = [(0, max(params.crop_size - n, 0)) for n in known.shape[1:]]
            more = [(0, 0), *more]
            self.scenes.append([np.pad(a, more, mode="symmetric") for a in whole])

    @property
    def gain(self):
        """What makes the spread of the images' fine texture 1."""
        spreads = []
        for _, image, _ in self.scenes:
            image = torch.from_numpy(image)
            fine = image - F.avg_pool2d(image, 5, 1, 2)
            spreads.append(1.48 * float(fine.abs().median()))
        return 1 / max(float(np.median(spreads)), LEAST_SPREAD)

    def batch(self):
        """Return encoded labels, images and weights (n, channels, side, side)."""
        crops = [self._crop() for _ in range(self.params.batch_size)]
        return [
            torch.from_numpy(np.stack(arrays)) for arrays in zip(*crops, strict=True)
        ]

    def _crop(self):
        """Return one crop of each array."""
        side, rng = self.params.crop_size, self.rng
        arrays = self.scenes[rng.integers(len(self.scenes))]
        row, column = (rng.integers(n - side + 1) for n in arrays[0].shape[1:])
        turns, mirrored = rng.integers(4), rng.integers(2)
        crops = []
        for array in arrays:
            crop = array[:, row : row + side, column : column + side]
            crop = np.rot90(crop, turns, axes=(1, 2))
            crops.append(np.ascontiguousarray(crop[:, :, ::-1] if mirrored else crop))
        return crops


def _sure(source):
    """Return 1 where an image can be learnt from (H, W): nuclei, rims, background."""
    near = cv2.dilate((source.labels > 0).astype(np.uint8), np.ones((HALO, HALO)))
    return (((near > 0) | source.free) & ~source.unsure).astype(np.float32)


class Duel:
    """The state of one training run."""

    def __init__(self, nets, scenes, params):
        self.nets, self.scenes, self.params = nets, scenes, params
        self.device = next(nets.parameters()).device
        self.optimizers = [
            torch.optim.Adam(net.parameters(), lr=params.lr, betas=(0.5, 0.999))
            for net in (nets.generator, nets.discriminator)
        ]
        self.gain = scenes.gain
        self.history, self._recent = GanHistory(), []

    def train(self, progress, callback):
        """Train, and return the history; the nets keep what the last step left."""
        started, n_steps = time.perf_counter(), self.params.steps
        every = max(1, n_steps // N_NOTES)
        self.nets.train()
        bar = tqdm(range(1, n_steps + 1), disable=not progress, unit="step")
        try:
            for step in bar:
                self._set_rate(min(1.0, 2 * (1 - (step - 1) / n_steps)))
                self._recent.append(self._step(step))
                if step % every == 0 or step == n_steps:
                    self._note(step)
                    bar.set_postfix_str(f"error {self.history.train_loss[-1]:.3f}")
                    if callback is not None:
                        callback(self.history)
        except KeyboardInterrupt:
            self.history.stopped = "interrupted"
        finally:
            bar.close()
        self.history.seconds = time.perf_counter() - started
        return self.history

    def _step(self, step):
        """Update both networks once; return their losses and the absolute error."""
        condition, real, weight = (
            to_device(array, self.device) for array in self.scenes.batch()
        )
        noise = torch.randn_like(condition[:, :1])
        with mixed_precision(self.device):
            made = self.nets.generator(torch.cat([condition, noise], dim=1)).float()
        seen = self._shown(condition, real, weight)
        painted = self._shown(condition, made, weight)
        judging = (self._judged(seen, 1.0) + self._judged(painted.detach(), 0.0)) / 2
        self._update(1, judging)
        fooling = self._judged(painted, 1.0)
        error = self._error(made, real, weight)
        self._update(0, fooling + self.params.l1 * error)
        losses = torch.stack([fooling, judging, error]).detach()
        if not torch.isfinite(losses).all():
            raise ValueError(
                f"a loss became {losses.tolist()} at step {step}; check the images for "
                f"extreme values or lower lr (now {self.params.lr})"
            )
        return losses.tolist()

    def _shown(self, condition, image, weight):
        """Return what the discriminator sees: labels, image and its fine texture.

        The texture, a few grey values, would drown in the contrast of nuclei.
        """
        fine = self.gain * (image - F.avg_pool2d(image, 5, 1, 2))
        return torch.cat([condition, image, fine], dim=1) * weight

    def _error(self, made, real, weight):
        """Return the mean absolute error where the truth is known.

        That of the fine texture, which labels say nothing about, counts little:
        it would teach the mean of all textures, which is none.
        """
        n_known = (weight.sum() * real.shape[1]).clamp(min=1)
        difference = (made - real) * weight
        coarse = F.avg_pool2d(difference, 4, 2, 1).abs().sum() * 4
        return (FINE * difference.abs().sum() + (1 - FINE) * coarse) / n_known

    def _judged(self, pair, truth):
        """Return how far the discriminator's judgement is from `truth`."""
        with mixed_precision(self.device):
            found = self.nets.discriminator(pair).float()
        truth = torch.full_like(found, truth)
        if self.params.loss == "bce":
            return F.binary_cross_entropy_with_logits(found, truth)
        return F.mse_loss(found, truth)

    def _update(self, which, loss):
        """One step of one optimizer."""
        self.optimizers[which].zero_grad()
        loss.backward()
        self.optimizers[which].step()

    def _set_rate(self, share):
        """Set the learning rates to a share of the highest."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = share * self.params.lr

    def _note(self, step):
        """Append the means of the latest steps to the history."""
        fooling, judging, error = np.mean(self._recent, axis=0).tolist()
        self.history.steps.append(step)
        self.history.train_loss.append(error)
        self.history.generator.append(fooling)
        self.history.discriminator.append(judging)
        self.history.best_step, self._recent = step, []
