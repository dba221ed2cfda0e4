// What the tests' Consul is built from: npm test runs go build here. go.sum is complete, as one dependency
// is not in the public checksum database.
//go:build tools

// Package tools makes Consul a dependency.
package tools

import _ "github.com/hashicorp/consul"
