"""A seccomp filter as the kernel wants it, assembled here: a program of classic BPF over the number and the
first argument of a system call (seccomp(2)). It refuses what no judged program needs and kernels were broken
by; everything else passes, for the namespaces hold the rest."""

from __future__ import annotations

import platform
import struct

_EPERM, _ENOSYS = 1, 38
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GE, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|…
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data; the low half of the argument
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} and CLONE_NEWTIME
_X32 = 0x40000000


_CALLS = """
ptrace:101:117 mount:165:40 umount2:166:39 pivot_root:155:41 chroot:161:51 swapon:167:224
swapoff:168:225 reboot:169:142 sethostname:170:161 setdomainname:171:162 init_module:175:105
delete_module:176:106 finit_module:313:273 kexec_load:246:104 kexec_file_load:320:294 acct:163:89
settimeofday:164:170 clock_settime:227:112 clock_adjtime:305:266 adjtimex:159:171 quotactl:179:60
add_key:248:217 request_key:249:218 keyctl:250:219 unshare:272:97 setns:308:268
perf_event_open:298:241 bpf:321:280 userfaultfd:323:282 process_vm_readv:310:270
process_vm_writev:311:271 name_to_handle_at:303:264 open_by_handle_at:304:265 open_tree:428:428
move_mount:429:429 fsopen:430:430 fsconfig:431:431 fsmount:432:432 fspick:433:433
mount_setattr:442:442 io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427
fanotify_init:300:262 lookup_dcookie:212:18 mknodat:259:33 pidfd_getfd:438:438 syslog:103:116
vhangup:153:58 sched_setaffinity:203:122 mknod:133:- ioperm:173:- iopl:172:- modify_ldt:154:-
uselib:134:- clone:56:220 clone3:435:435 shmget:29:194 memfd_create:319:279
"""
"""name:number on x86_64:number on aarch64; -: it has none."""
_ARCH_OF = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SHARED_MEMORY = ("shmget", "memfd_create")  # no limit of a process counts what they take


def calls(machine: str) -> dict[str, int]:
    """Numbers of the calls that the filter knows, on this kind of machine."""
    column = 1 + list(_ARCH_OF).index(machine)
    entries = [entry.split(":") for entry in _CALLS.split()]
    return {entry[0]: int(entry[column]) for entry in entries if entry[column] != "-"}


def program(*, shared_memory: bool = True, machine: str = "") -> bytes | None:
    """The filter for this machine, or None for an architecture that is not known here.

    ``shared_memory`` False: refuse shmget and memfd_create too, where no cgroup counts what they take."""
    machine = machine or platform.machine()
    if machine not in _ARCH_OF:
        return None
    numbers = calls(machine)
    clone, clone3 = numbers.pop("clone"), numbers.pop("clone3")
    allowed = _SHARED_MEMORY if shared_memory else ()
    refused = sorted(number for name, number in numbers.items() if name not in allowed)
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, _ARCH_OF[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":  # the x32 table is another way to every call
        lines += [(_JUMP_GE, 0, 1, _X32), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    lines += [(_JUMP_EQUAL, 0, 1, clone3), (_RETURN, 0, 0, _ERRNO | _ENOSYS)]  # libc then asks for clone
    for number in refused:
        lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | _EPERM)]
    lines += [
        (_JUMP_EQUAL, 1, 0, clone),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_JUMP_SET, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
