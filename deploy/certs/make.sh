#!/usr/bin/env bash
# Makes certificates for the nodes that share a log: an authority of their own, and one certificate a node.
#
#   deploy/certs/make.sh FOLDER HOST...   FOLDER/ca.pem, FOLDER/ca.key, FOLDER/HOST/{ca.pem,node.pem,node.key}
#
# HOST is the name or the IP address at which the other nodes reach the node (the host of --node-endpoint). An authority that
# is there already is kept, so that nodes can be added. Keep ca.key away from the nodes: whoever has it can make one.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "expected: $0 FOLDER HOST..., found: $*" >&2
  exit 2
fi
folder=$1
shift
days=825
umask 077
mkdir -p "$folder"

if [ ! -e "$folder/ca.key" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 -subj "/CN=Caseward nodes" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
fi

for host in "$@"; do
  if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then name=IP:$host; else name=DNS:$host; fi
  node=$folder/$host
  mkdir -p "$node"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$host" -keyout "$node/node.key" \
    -out "$node/node.csr" 2>/dev/null
  openssl x509 -req -in "$node/node.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days "$days" \
    -extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=%s\n' "$name") \
    -out "$node/node.pem" 2>/dev/null
  rm "$node/node.csr"
  cp "$folder/ca.pem" "$node/ca.pem"
  echo "$node"
done
