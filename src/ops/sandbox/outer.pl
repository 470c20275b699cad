# The process the starter sees. It stands outside the new pid namespace, passes signals in, and ends as the program ends.
# Arguments: the starter's pid, the text of inner.pl, then inner.pl's own arguments.
use strict;
use Errno;
my ($starter, $inner, @rest) = @ARGV;

# What a list of processes shows instead of this text.
$0 = "kituo-sandbox $rest[2]";

# The starter may have died before the kernel was told to kill us with it.
exit 137 if getppid() != $starter;

# `life` reads end-of-file once this process is gone; `ready` tells that the inner one can take signals.
$^F = 255;
pipe(my $life_in, my $life_out) or die "sandbox: pipe: $!\n";
pipe(my $ready_in, my $ready_out) or die "sandbox: pipe: $!\n";

# What the program's process is called inside too: see there.
my $number = $$;
my ($child, $ready, @early) = (0, 0);
for my $signal (qw(TERM INT HUP QUIT USR1 USR2)) {
  $SIG{$signal} = sub { $ready ? kill($signal, $child) : push(@early, $signal) };
}

$child = fork() // die "sandbox: fork: $!\n";
if ($child == 0) {
  close $life_out;
  close $ready_in;
  exec "setpriv", "--pdeathsig", "KILL", "perl", "-e", $inner, fileno($life_in), fileno($ready_out), $number, @rest;
  exit 125;
}
close $life_in;
close $ready_out;
1 until defined sysread($ready_in, my $word, 1) or !$!{EINTR};
$ready = 1;
kill($_, $child) for @early;
waitpid($child, 0);
exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
