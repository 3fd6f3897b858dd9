#!/bin/sh
# Leaves of a Debian with Node.js what a house asks of its system: a C library, a shell with its small programs, git over
# HTTPS and SSH, bubblewrap, certificates. The list of packages stays (/var/lib/dpkg/status), so that scanners see them.
# Runs once, in the stage whose files become the image; afterwards nothing can be installed in there.
set -eu
lib=/usr/lib/$(uname -m)-linux-gnu

strip --strip-unneeded /usr/local/bin/node
echo 'steading:x:10001:10001:Steading:/data:/bin/sh' >>/etc/passwd
echo 'steading:x:10001:' >>/etc/group
# A new volume takes the owner of the folder that it is mounted on.
mkdir -p /data /backups
chown 10001:10001 /data /backups

# Git: what fetches. Its server, mail, other transports and everything in Perl or Tcl are left out.
for name in http-push imap-send http-fetch http-backend daemon shell sh-i18n--envsubst fast-import instaweb svn cvsserver \
  cvsimport cvsexportcommit send-email archimport add--interactive p4 subtree; do rm -f "/usr/lib/git-core/git-$name"; done
rm -f /usr/bin/scalar /usr/bin/git-shell /usr/lib/git-core/scalar
ln -sf ../../bin/git /usr/lib/git-core/git
rm -rf /usr/share/git-core/contrib /usr/share/gitweb /usr/lib/git-core/mergetools

# SSH: the client, and what makes and reads keys.
rm -f /usr/lib/openssh/* /usr/bin/ssh-add /usr/bin/ssh-agent /usr/bin/ssh-argv0 /usr/bin/ssh-copy-id /usr/bin/sftp /usr/bin/scp

# Node.js: npm builds apps and stays; headers and other package managers do not.
rm -rf /usr/local/include /usr/local/share /opt /usr/local/lib/node_modules/corepack /usr/local/bin/corepack /usr/local/bin/yarn*
npm=/usr/local/lib/node_modules/npm
rm -rf "$npm/docs" "$npm/man" "$npm"/node_modules/*/docs "$npm"/node_modules/*/test "$npm"/node_modules/*/examples
find "$npm" -type f \( -name '*.md' -o -name '*.map' -o -name '*.d.ts' -o -name '*.html' \) -delete

# Compilers' tools, packages' tools, Perl, daemons and everything to read.
rm -rf "$lib"/security /usr/lib/terminfo /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/perl* /usr/share/lintian /usr/share/bash-completion \
  /usr/share/zsh /usr/share/debconf /usr/share/gdb /usr/share/gcc* /usr/share/bug /usr/share/menu /usr/share/doc-base /usr/share/pixmaps \
  /usr/share/i18n /usr/share/binutils "$lib"/perl* /usr/lib/apt /usr/lib/dpkg /usr/lib/systemd /usr/lib/udev /usr/lib/init \
  /usr/lib/compat-ld /usr/lib/gold-ld "$lib"/gconv "$lib"/ldscripts "$lib"/bfd-plugins "$lib"/libasan* "$lib"/gprofng /usr/src /usr/games
rm -f "$lib"/libperl.so* "$lib"/libapt-* "$lib"/libdb-5.3.so "$lib"/libbfd* "$lib"/libopcodes* "$lib"/libctf* "$lib"/libgprofng* \
  "$lib"/libsframe* "$lib"/libxxhash* "$lib"/libmvec* "$lib"/libsemanage* "$lib"/libsepol* "$lib"/libbrotlienc* "$lib"/libext2fs* /usr/bin/perl* /usr/bin/apt* /usr/bin/dpkg* /usr/bin/deb* /usr/bin/*-linux-gnu-* \
  /usr/bin/gprof* /usr/bin/ld* /usr/bin/as /usr/bin/objdump /usr/bin/objcopy /usr/bin/strip /usr/bin/nm /usr/bin/ar /usr/bin/ranlib \
  /usr/bin/readelf /usr/bin/addr2line /usr/bin/dwp /usr/bin/elfedit /usr/bin/size /usr/bin/strings /usr/bin/c++filt
rm -f /usr/bin/chfn /usr/bin/chsh /usr/bin/gpasswd /usr/bin/passwd /usr/bin/su /usr/bin/newgrp /usr/bin/chage /usr/bin/expiry \
  /usr/bin/mount /usr/bin/umount /usr/sbin/* \
  /usr/bin/tini-static /usr/bin/openssl /usr/bin/gpgv /usr/bin/localedef
rm -rf /var/lib/apt /var/lib/dpkg/info /var/lib/dpkg/*-old /var/cache/* /var/log/* /etc/apt /etc/dpkg /etc/systemd /etc/init.d /etc/cron* \
  /etc/update-motd.d "${HOME:?}"/.npm "$HOME"/.cache /prune-system.sh
find / -xdev \( -perm -4000 -o -perm -2000 \) -type f -exec chmod ug-s {} +
find /usr /etc -xdev -xtype l -delete
find /tmp /var/tmp -mindepth 1 -delete
