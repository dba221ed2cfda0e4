// What the tests' ACME server is built from: the tests of the gateway run go build here.
//go:build tools

// Package tools makes Pebble a dependency.
package tools

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
