@extends('layout')
@section('title', 'About')
@section('content')
    <h1>About PrimeHub</h1>
    <p>We have shipped <span id="orders">{{ $orders }}</span> orders.</p>
    @if ($visits !== null)
        <p>Visits in this session: <span id="visits">{{ $visits }}</span></p>
    @endif
    <p><time id="rendered">{{ $rendered }}</time></p>
@endsection
