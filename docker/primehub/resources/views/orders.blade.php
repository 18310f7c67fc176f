@extends('layout')
@section('title', 'Orders')
@section('content')
    <h1>Orders</h1>
    <table>
        <thead><tr><th>Reference</th><th>Customer</th><th>Status</th><th>Total</th></tr></thead>
        <tbody>
        @foreach ($orders as $order)
            <tr>
                <td>{{ $order->reference }}</td>
                <td>{{ $order->customer->name }}</td>
                <td>{{ $order->status }}</td>
                <td>{{ number_format($order->total_cents / 100, 2) }}</td>
            </tr>
        @endforeach
        </tbody>
    </table>
@endsection
