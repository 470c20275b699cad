# Process 1 of the new pid namespace: it stays root, so that the kernel's promise to kill it with its parent holds (a change
# of user would take that promise back); the program is its child. When process 1 ends the kernel ends all the others.
# Arguments: the two pipe ends, a pid for the program, the user or "", the working folder, the program and its arguments.
use strict;
my ($life, $ready, $number, $user, $cwd, @program) = @ARGV;

$0 = "kituo-sandbox-init $program[0]";

open(my $life_in, "<&=", $life) or die "sandbox: pipe: $!\n";
my $bits = "";
vec($bits, $life, 1) = 1;
exit 137 if select($bits, undef, undef, 0);

my $pid = 0;
for my $signal (qw(TERM INT HUP QUIT USR1 USR2)) {
  $SIG{$signal} = sub { $pid ? kill($signal, $pid) : exit 143 };
}
open(my $ready_out, ">&=", $ready) or die "sandbox: pipe: $!\n";
syswrite $ready_out, "r";
close $ready_out;
close $life_in;

system("mount", "-t", "proc", "proc", "/proc") == 0 or exit 125;
# Else every program has the same pid in its namespace; SIPp makes the names of its transactions of that, and for half a
# minute Asterisk takes the BYE of one SIPp for another's told again, and the call stays up. The pid that the sandbox has
# outside is nobody else's, and comes again only when all others have been used. Where the kernel has no such file it
# stays so.
if (open(my $last, ">", "/proc/sys/kernel/ns_last_pid")) {
  print $last $number - 1;
  close $last;
}
if ($user ne "") {
  unshift @program, "setpriv", "--reuid", $user, "--regid", $user, "--init-groups", "--no-new-privs", "--";
}

$pid = fork() // die "sandbox: fork: $!\n";
if ($pid == 0) {
  $SIG{$_} = "DEFAULT" for qw(TERM INT HUP QUIT USR1 USR2);
  chdir $cwd or do { print STDERR "sandbox: $cwd: $!\n"; exit 125 };
  exec { $program[0] } @program or do { print STDERR "sandbox: $program[0]: $!\n"; exit 127 };
}
# Orphans of the program are ours too; only the program's own end counts.
1 until wait() == $pid;
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
