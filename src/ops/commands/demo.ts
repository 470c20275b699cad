// The demo command is being written by the helper "demo".
