"""Training by several processes, one for each GPU, as ``torchrun`` starts them.

Every process draws its own crops, all take the same step: the average of their
gradients. Without torchrun there is one process, and nothing here does anything.
"""

import os

import torch
from torch import distributed


def rank():
    """Return the number of this process; 0 is the one that reports and saves."""
    return int(os.environ["RANK"]) if _n_processes() > 1 else 0


def own_device(device):
    """Return the GPU of this process, where there are several processes and GPUs."""
    if device.type == "cuda" and device.index is None and _n_processes() > 1:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    return device


def join(net):
    """Meet the other processes, and take over the weights of the first."""
    if _n_processes() == 1:
        return
    if not distributed.is_initialized():
        on_gpu = next(net.parameters()).is_cuda
        distributed.init_process_group("nccl" if on_gpu else "gloo")
    for tensor in net.state_dict().values():
        distributed.broadcast(tensor, src=0)


def average(net):
    """Replace gradients and running statistics by their average over all processes."""
    if _n_processes() == 1:
        return
    learnt = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for parameter in learnt:
        if parameter.grad is None:  # nothing of it was in this process's crops
            parameter.grad = torch.zeros_like(parameter)
    each = [parameter.grad for parameter in learnt]
    each += [buffer for buffer in net.buffers() if buffer.is_floating_point()]
    together = torch.cat([tensor.flatten() for tensor in each])
    distributed.all_reduce(together)
    parts = together.div_(_n_processes()).split([tensor.numel() for tensor in each])
    for tensor, part in zip(each, parts, strict=True):
        tensor.copy_(part.view(tensor.shape))


def agree(value, device):
    """Return the number of the first process, so that all decide alike."""
    if _n_processes() == 1:
        return value
    shared = torch.tensor(value, dtype=torch.float32, device=device)
    distributed.broadcast(shared, src=0)
    return shared.item()


def _n_processes():
    """How many processes torchrun has started; 1 without it."""
    if not (distributed.is_available() and distributed.is_torchelastic_launched()):
        return 1
    return int(os.environ["WORLD_SIZE"])
